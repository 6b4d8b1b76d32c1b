//! What API Gateway does to a path, undone.
//!
//! An HTTP API decodes the path before it hands it over: a `#` or a `%` in a device id would then be read as a part of
//! the URL, and the request be for another device. The parameters come apart from the path, each whole, so the path is
//! made anew from the route and them. Two characters are lost on the way: with `%2F` no route is found, and at `%3F` the
//! gateway cuts the path off. So an id may also be written as `~` and its base64url, which nobody on the way touches.

use data_encoding::BASE64URL_NOPAD;
use domain::device::DeviceId;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

/// The request with the path that its sender meant.
pub fn restore_path(mut request: lambda_http::Request) -> lambda_http::Request {
    if let Some(uri) = meant(&request).and_then(|text| text.parse().ok()) {
        *request.uri_mut() = uri;
    }
    request
}

fn meant(request: &lambda_http::Request) -> Option<String> {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return None };
    let (_, route) = context.route_key.as_deref()?.split_once(' ')?;
    let parameters = request.path_parameters_ref()?;
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => parameters.first(name).map(encode),
        None => Some(segment.to_owned()),
    };
    let path = route.split('/').map(segment).collect::<Option<Vec<_>>>()?.join("/");
    // The query as it came: what stands after a `#` of the path got lost on the way from the event to the URI.
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    route.contains('{').then(|| path + &query)
}

/// Everything but letters and digits, percent-encoded.
fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The device that a segment of a path names: its id, or `~` and the id's base64url.
///
/// # Errors
/// A sentence when it can't be a device's.
pub fn device(segment: &str) -> Result<DeviceId, String> {
    let decode = |text: &str| {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        std::str::from_utf8(&bytes).ok()?.parse().ok()
    };
    segment.strip_prefix('~').and_then(decode).map_or_else(|| segment.parse(), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// An HTTP API's event of payload format 2.0, for a release.
    fn event(device: &str, query: &str) -> lambda_http::Request {
        let route = "/v1/vendor/devices/{device_id}/bindings/{user_omni}";
        let event = json!({
            "version": "2.0", "routeKey": format!("DELETE {route}"), "rawQueryString": query,
            "rawPath": format!("/v1/vendor/devices/{device}/bindings/0x11"), "isBase64Encoded": false,
            "headers": { "host": "portal.agentkeys.example" },
            "pathParameters": { "device_id": device, "user_omni": "0x11" },
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "portal.agentkeys.example", "domainPrefix": "portal",
                "requestId": "r", "routeKey": format!("DELETE {route}"), "stage": "$default",
                "time": "22/Nov/2026:08:00:00 +0000", "timeEpoch": 1,
                "http": { "method": "DELETE", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "" },
            },
        });
        lambda_http::request::from_str(&event.to_string()).unwrap()
    }

    #[test]
    fn a_path_is_the_one_that_was_asked_for() {
        for (device, path) in [
            ("FT-0001", "FT-0001"),
            ("a#b", "a%23b"),
            ("100%", "100%25"),
            ("%23", "%2523"),
            ("AA:BB", "AA%3ABB"),
            ("..", ".."),
        ] {
            let request = restore_path(event(device, "x=1"));
            assert_eq!(request.uri().path(), format!("/v1/vendor/devices/{path}/bindings/0x11"));
        }
        assert_eq!(restore_path(event("FT-0001", "x=1")).uri().query(), Some("x=1"));
    }

    #[test]
    fn a_device_may_be_written_in_base64url() {
        for (segment, device_id) in [("FT-0001", "FT-0001"), ("~YS9iP2M", "a/b?c"), ("~abcd", "~abcd"), ("~", "~")] {
            assert_eq!(device(segment).unwrap().as_str(), device_id);
        }
        assert!(device("").is_err());
    }
}
