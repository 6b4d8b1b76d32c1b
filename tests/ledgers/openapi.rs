//! The OpenAPI document against `ENDPOINTS`: every endpoint is in it, and explained.

use std::collections::{BTreeMap, BTreeSet};

use functions::platform::access::Access;
use functions::{ENDPOINTS, Endpoint};
use serde_json::Value;

use super::{at, text};

/// Operations by method and path.
type Operations = BTreeMap<(String, String), Value>;

fn document() -> Value {
    let json = functions::openapi::json().expect("the document can be written");
    serde_json::from_str(&json).expect("the document is JSON")
}

fn operations(document: &Value) -> Operations {
    let mut found = Operations::new();
    for (path, item) in fields(&document["paths"]) {
        for (method, operation) in fields(item) {
            found.insert((method.to_uppercase(), path.clone()), operation.clone());
        }
    }
    found
}

fn fields(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

fn list(array: &Value) -> &[Value] {
    array.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn has_text(object: &Value, field: &str) -> bool {
    object[field].as_str().is_some_and(|text| !text.trim().is_empty())
}

/// Asserts that `check` finds no fault with any endpoint's operation.
#[track_caller]
fn every(check: impl Fn(&Endpoint, &Value) -> Vec<String>) {
    let operations = operations(&document());
    let mut faults = Vec::new();
    for endpoint in ENDPOINTS {
        let Endpoint { method, path, .. } = *endpoint;
        let place = (method.to_owned(), path.to_owned());
        let operation = operations.get(&place).unwrap_or(&Value::Null);
        let found = check(endpoint, operation).into_iter();
        faults.extend(found.map(|fault| format!("{method} {path}: {fault}")));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_document_has_exactly_the_endpoints() {
    let endpoints: BTreeSet<(String, String)> =
        ENDPOINTS.iter().map(|endpoint| (endpoint.method.to_owned(), endpoint.path.to_owned())).collect();
    assert_eq!(operations(&document()).into_keys().collect::<BTreeSet<_>>(), endpoints);
}

#[test]
fn an_endpoint_has_one_operation_its_own() {
    every(|endpoint, _| {
        let (_, document) = (endpoint.routes)().documented().split_for_parts();
        let document = serde_json::to_value(document).expect("the document is JSON");
        let found: Vec<_> = operations(&document).into_keys().collect();
        let own = (endpoint.method.to_owned(), endpoint.path.to_owned());
        match found == [own] {
            true => Vec::new(),
            false => vec![format!("its routes are {found:?}")],
        }
    });
}

#[test]
fn the_kept_copy_is_current() {
    let kept = text(&at("functions/openapi.json"));
    let made = functions::openapi::json().expect("the document can be written");
    assert!(kept == made, "functions/openapi.json is not what the routes say: run `cargo xtask openapi`");
}

#[test]
fn every_operation_is_named_and_described() {
    let document = document();
    let names = list(&document["tags"]).iter().filter_map(|tag| tag["name"].as_str());
    let tags: BTreeSet<&str> = names.collect();
    every(|_, operation| {
        let texts = ["summary", "description", "operationId"].into_iter();
        let missing = texts.filter(|name| !has_text(operation, name));
        let mut faults: Vec<String> = missing.map(|name| format!("no {name}")).collect();
        let own = list(&operation["tags"]);
        if own.len() != 1 || !own.iter().all(|tag| tag.as_str().is_some_and(|tag| tags.contains(tag))) {
            faults.push(format!("one tag out of {tags:?} was expected, not {own:?}"));
        }
        for (status, response) in fields(&operation["responses"]) {
            if !has_text(response, "description") {
                faults.push(format!("{status} has no description"));
            }
        }
        faults
    });
    let operations = operations(&document);
    let ids: BTreeSet<&str> = operations.values().filter_map(|one| one["operationId"].as_str()).collect();
    assert_eq!(ids.len(), operations.len(), "an operationId is there twice");
}

#[test]
fn security_is_what_the_endpoint_asks_for() {
    every(|endpoint, operation| {
        let expected: &[&str] = match endpoint.access {
            Access::Public => &[],
            Access::Session => &["session", "session_cookie"],
            Access::VendorToken(_) => &["vendor_token"],
            Access::SessionOrVendorToken(_) => &["session", "session_cookie", "vendor_token"],
            Access::ServiceToken(_) => &["service_token"],
            Access::ProviderSignature => &["stripe_signature"],
        };
        let declared = list(&operation["security"]);
        let names: Vec<&str> = declared.iter().flat_map(fields).map(|(name, _)| name.as_str()).collect();
        // `[{}]` says that nothing is asked for; an absent list says nothing.
        match !declared.is_empty() && names == expected {
            true => Vec::new(),
            false => vec![format!("{} where {expected:?} was expected", operation["security"])],
        }
    });
}

/// The statuses that an endpoint may answer with by what it is, whatever it does.
fn statuses(endpoint: &Endpoint, operation: &Value) -> Vec<&'static str> {
    let mut expected = vec!["500", "503"];
    match endpoint.access {
        Access::Public => {}
        Access::Session | Access::SessionOrVendorToken(None) => expected.push("401"),
        Access::VendorToken(_) | Access::SessionOrVendorToken(Some(_)) | Access::ServiceToken(_) => {
            expected.extend(["401", "403"]);
        }
        Access::ProviderSignature => expected.extend(["400", "401", "413"]),
    }
    let signed = endpoint.access == Access::ProviderSignature;
    if operation["requestBody"]["content"].get("application/json").is_some() && !signed {
        expected.extend(["400", "413", "415", "422"]);
    }
    if endpoint.path.contains('{') {
        expected.push("404");
    }
    expected
}

#[test]
fn the_errors_that_may_come_are_declared_as_problems() {
    every(|endpoint, operation| {
        let responses = &operation["responses"];
        let kind = |status: &str| responses[status]["content"].get("application/problem+json");
        let undeclared = statuses(endpoint, operation)
            .into_iter()
            .filter(|status| kind(status).is_none_or(|content| !content.to_string().contains("/Problem\"")));
        undeclared.map(|status| format!("{status} is no declared problem")).collect()
    });
}

/// Whether a reader sees what a value looks like: by an example, or because it is made of what has its own.
fn shown(schema: &Value) -> bool {
    let made_of = |schema: &Value| {
        let parts = [&schema["oneOf"], &schema["anyOf"], &schema["allOf"]].into_iter();
        schema.get("$ref").is_some() || parts.flat_map(list).any(|part| part.get("$ref").is_some())
    };
    let has_example = schema.get("example").is_some() || !list(&schema["examples"]).is_empty();
    let items_have_one = !list(&schema["items"]["examples"]).is_empty();
    has_example || items_have_one || made_of(schema) || made_of(&schema["items"]) || schema["type"] == "boolean"
}

#[test]
fn requests_and_parameters_have_examples() {
    every(|_, operation| {
        let mut faults = Vec::new();
        for parameter in list(&operation["parameters"]) {
            let example = parameter.get("example").is_some() || shown(&parameter["schema"]);
            if !example || !has_text(parameter, "description") {
                faults.push(format!("the parameter {} has no description or no example", parameter["name"]));
            }
        }
        for (kind, content) in fields(&operation["requestBody"]["content"]) {
            if content.get("example").is_none() && content.get("examples").is_none() && !shown(&content["schema"]) {
                faults.push(format!("the request as {kind} has no example"));
            }
        }
        faults
    });
}

#[test]
fn every_field_is_described_and_shown() {
    let document = document();
    let mut faults = Vec::new();
    for (name, schema) in fields(&document["components"]["schemas"]) {
        for (field, property) in fields(&schema["properties"]) {
            if !has_text(property, "description") {
                faults.push(format!("{name}.{field} has no description"));
            }
            if !shown(property) {
                faults.push(format!("{name}.{field} has no example"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
