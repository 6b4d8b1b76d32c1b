//! `POST /v1/vendor/imports/{import_id}/chunks`
//!
//! A chunk is begun, worked off and ended. Whatever happens in between, sent again it does what is left: the bindings
//! that its lines make have derived names, so it knows which are its own.

use std::collections::HashMap;

use axum::Json as View;
use axum::extract::{Path, Query, Request, State};
use domain::device::Registration;
use domain::import::{Counts, Import, Line};
use domain::token::Scope;
use domain::{Error, FieldError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::lines::{self, Read};
use crate::openapi::{BusinessFaults, CallerFaults, Faults};
use crate::platform::access::AnyCredential;
use crate::platform::app::App;
use crate::platform::http::{Failure, LARGE_BODY, Problem, media_type, read};
use crate::platform::registry::{Order, Registry};
use crate::platform::routes::{Routes, routes};
use crate::platform::store::import::ImportChunk;

/// Which chunk.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ChunkQuery {
    /// The number of its first line, from 1: a multiple of the import's `chunk_lines`, and 1 more.
    #[param(minimum = 1, maximum = 100_000, value_type = u32, example = 501)]
    first_line: String,
}

/// What a chunk came to.
#[derive(Serialize, ToSchema)]
struct ChunkView {
    /// Its import.
    #[schema(examples("imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    import_id: String,
    /// Its first line.
    #[schema(examples(501))]
    first_line: u32,
    /// Its last line.
    #[schema(examples(1000))]
    last_line: u32,
    /// New devices; in a dry run, what would be.
    #[schema(examples(497))]
    registered: u32,
    /// Devices that were registered already.
    #[schema(examples(2))]
    known: u32,
    /// Lines with a fault; the report says which.
    #[schema(examples(1))]
    rejected: u32,
}

/// Upload a chunk
///
/// The lines from `first_line` on, exactly as many as the import's `chunk_lines` (in the last chunk, the rest), at most a
/// megabyte. CSV chunks each begin with the header line, which is not counted: `device_id,user_omni`, and any of `model`,
/// `metadata` (a JSON object) and `metadata.<key>`. A line with a fault is rejected and the others go on. The same chunk
/// sent again gets the same answer; after a failure send it again. Other bytes for lines that were sent are a 409.
#[utoipa::path(post, path = "/v1/vendor/imports/{import_id}/chunks", tag = "imports", operation_id = "upload_chunk",
    params(("import_id" = String, Path, description = "The import", example = "imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X"), ChunkQuery),
    request_body(description = "The lines, of the import's format",
        content((String = "application/x-ndjson", example = json!("{\"device_id\":\"FT-0501\",\"user_omni\":\"0x1111111111111111111111111111111111111111111111111111111111111111\"}\n")),
            (String = "text/csv", example = json!("device_id,user_omni,model\nFT-0501,0x1111111111111111111111111111111111111111111111111111111111111111,bunny-2\n")))),
    responses((status = 200, description = "Done", body = ChunkView),
        (status = 400, description = "`invalid_request`: the query, or a CSV header, can't be read", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: no such import of this vendor", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`conflict`: these lines came before with other bytes", body = Problem,
            content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: not the import's format", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`validation_failed`: no chunk begins there, or it has another number of lines", body = Problem,
            content_type = "application/problem+json"),
        CallerFaults, BusinessFaults, Faults),
    security(("session" = []), ("session_cookie" = []), ("vendor_token" = [])))]
async fn upload(
    State(app): State<App>,
    caller: AnyCredential,
    Path(import_id): Path<String>,
    Query(query): Query<ChunkQuery>,
    request: Request,
) -> Result<View<ChunkView>, Failure> {
    let caller = caller.open(Some(Scope::DevicesWrite))?;
    let vendor = caller.active_vendor().await?;
    let import_id = import_id.parse().map_err(|_| Error::NotFound)?;
    let import = caller.store.import(import_id, caller.by.at).await?;
    let (first_line, last_line) = place(&import, &query.first_line)?;
    let (lines, digest) = body(&import, request).await?;
    let expected = usize::try_from(last_line - first_line + 1).unwrap_or(usize::MAX);
    if lines.len() != expected {
        let detail = format!("expected lines {first_line} to {last_line}, which are {expected}; got {}", lines.len());
        return Err(Error::field("", detail).into());
    }
    let chunk = ImportChunk::begin(&import, first_line, digest);
    let begun = caller.store.begin_chunk(&chunk, &caller.by).await?;
    if begun.digest != chunk.digest {
        return Err(Error::Conflict("these lines came before with other bytes").into());
    }
    let counts = match begun.counts {
        Some(counts) => counts,
        None => {
            let store = caller.store.clone();
            let registry = Registry::new(&app, store, vendor.cap_limits(), caller.by.clone());
            let lines = work_off(&registry, &import, first_line, lines).await?;
            caller.store.end_chunk(&begun, &lines, &caller.by).await?
        }
    };
    let Counts { registered, known, rejected } = counts;
    let import_id = import_id.to_string();
    Ok(View(ChunkView { import_id, first_line, last_line, registered, known, rejected }))
}

/// First and last line of the chunk that is meant.
fn place(import: &Import, first_line: &str) -> Result<(u32, u32), Error> {
    let number: Result<u32, _> = first_line.parse().map_err(|_| "expected the number of a line".to_owned());
    let range = number.and_then(|first| Ok((first, import.last_line(first)?)));
    range.map_err(|detail| Error::field("/first_line", detail))
}

/// The lines, and the digest of the bytes.
async fn body(import: &Import, request: Request) -> Result<(Vec<Read>, [u8; 32]), Error> {
    let expected = import.format.media_type();
    if media_type(request.headers()).is_none_or(|kind| kind != expected) {
        return Err(Error::UnsupportedMediaType(expected));
    }
    let bytes = read(request, LARGE_BODY).await?;
    Ok((lines::read(import.format, &bytes)?, Sha256::digest(&bytes).into()))
}

/// Registers what the lines say, or in a dry run looks what would be; what each line came to.
async fn work_off(registry: &Registry, import: &Import, first_line: u32, lines: Vec<Read>) -> Result<Vec<Line>, Error> {
    // Each triple once, by its first line.
    let (mut triples, mut numbers, mut places, mut seen) = (Vec::new(), Vec::new(), Vec::new(), HashMap::new());
    for (number, line) in (first_line..).zip(lines) {
        places.push(line.map(|registration| {
            let triple = (registration.device_id.clone(), *registration.user_omni.as_bytes());
            *seen.entry(triple).or_insert_with(|| {
                triples.push(registration);
                numbers.push(number);
                triples.len() - 1
            })
        }));
    }
    let firsts = register(registry, import, &triples, &numbers).await?;
    let told = |(number, place): (u32, Result<usize, Vec<FieldError>>)| match place {
        Ok(at) if numbers[at] == number => firsts[at].clone(),
        Ok(at) => again(&firsts[at], import, numbers[at]),
        Err(faults) => Line::rejected(&faults),
    };
    Ok((first_line..).zip(places).map(told).collect())
}

/// The line of a triple that an earlier line of the same chunk has, `first`.
fn again(line: &Line, import: &Import, first: u32) -> Line {
    match line {
        Line::Registered(device_id, user_omni, generation) => {
            Line::Known(device_id.clone(), *user_omni, *generation, import.binding_id(first, *generation))
        }
        Line::Known(..) | Line::Rejected(_) => line.clone(),
    }
}

async fn register(
    registry: &Registry,
    import: &Import,
    triples: &[Registration],
    numbers: &[u32],
) -> Result<Vec<Line>, Error> {
    let standings = registry.standings(triples, &[]).await?;
    let mut orders = Vec::new();
    for ((triple, number), standing) in triples.iter().zip(numbers).zip(&standings) {
        if standing.registered.is_none() && !import.dry_run {
            let (generation, registration) = (standing.generation, triple.clone());
            orders.push(Order { registration, generation, binding_id: import.binding_id(*number, generation) });
        }
    }
    let mut made = registry.make_all(orders).await?.into_iter();
    let mut lines = Vec::new();
    for ((triple, number), standing) in triples.iter().zip(numbers).zip(standings) {
        let (device_id, user_omni, generation) = (triple.device_id.clone(), triple.user_omni, standing.generation);
        let found = standing.registered.or_else(|| made.next().map(|(registered, _)| registered));
        lines.push(match found.map(|found| found.binding.binding_id) {
            Some(other) if other != import.binding_id(*number, generation) => {
                Line::Known(device_id, user_omni, generation, other)
            }
            Some(_) | None => Line::Registered(device_id, user_omni, generation),
        });
    }
    Ok(lines)
}

/// The endpoint.
pub fn routes() -> Routes {
    routes!(upload)
}
