//! The lines of a chunk: each a registration, or what is wrong with it.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use domain::device::Registration;
use domain::import::Format;
use domain::{Error, FieldError};
use serde_json::Value;

use crate::api::vendor::devices::body::DeviceRequest;
use crate::platform::http::parse_json;

/// A line that was read.
pub(super) type Read = Result<Registration, Vec<FieldError>>;

/// What a column of the CSV header says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Column {
    DeviceId,
    UserOmni,
    Model,
    Metadata,
    Note(String),
}

/// Reads a chunk.
///
/// # Errors
/// [`Error::InvalidRequest`] when the chunk as a whole can't be read: its header is not one.
pub(super) fn read(format: Format, bytes: &[u8]) -> Result<Vec<Read>, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match format {
        Format::Ndjson => Ok(ndjson(bytes)),
        Format::Csv => csv(bytes),
    }
}

fn ndjson(bytes: &[u8]) -> Vec<Read> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let read = |line: &[u8]| checked(parse_json(line.strip_suffix(b"\r").unwrap_or(line)));
    match bytes.is_empty() {
        true => Vec::new(),
        false => bytes.split(|byte| *byte == b'\n').map(read).collect(),
    }
}

fn checked(request: Result<DeviceRequest, Error>) -> Read {
    request.and_then(|request| request.parse("")).map_err(|error| match error {
        Error::InvalidRequest(faults) | Error::ValidationFailed(faults) => faults,
        other => vec![FieldError::new("", other.to_string())],
    })
}

fn csv(bytes: &[u8]) -> Result<Vec<Read>, Error> {
    let fault = |detail: String| Error::InvalidRequest(vec![FieldError::new("", detail)]);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.headers().map_err(|_| fault("the header is not UTF-8".into()))?;
    let columns = header.iter().map(column).collect::<Result<Vec<_>, _>>().map_err(fault)?;
    for needed in [Column::DeviceId, Column::UserOmni] {
        if !columns.contains(&needed) {
            return Err(fault("a chunk begins with a header line that has the columns device_id and user_omni".into()));
        }
    }
    if let Some(at) = (0..columns.len()).find(|at| columns[..*at].contains(&columns[*at])) {
        return Err(fault(format!("the header has {} twice", &header[at])));
    }
    let read = |record: csv::Result<StringRecord>| match record {
        Ok(record) => checked(request(&columns, &record)),
        Err(_) => Err(vec![FieldError::new("", "the line is not UTF-8")]),
    };
    Ok(reader.records().map(read).collect())
}

fn column(name: &str) -> Result<Column, String> {
    match name.trim() {
        "device_id" => Ok(Column::DeviceId),
        "user_omni" => Ok(Column::UserOmni),
        "model" => Ok(Column::Model),
        "metadata" => Ok(Column::Metadata),
        other => match other.strip_prefix("metadata.") {
            Some(key) if !key.is_empty() => Ok(Column::Note(key.to_owned())),
            Some(_) | None => {
                let name: String = other.chars().take(64).collect();
                Err(format!("unknown column {name:?}; expected device_id, user_omni, model, metadata, metadata.<key>"))
            }
        },
    }
}

/// What a record asks for. An empty cell says nothing.
fn request(columns: &[Column], record: &StringRecord) -> Result<DeviceRequest, Error> {
    let fault = |pointer: &str, detail: &str| Error::InvalidRequest(vec![FieldError::new(pointer, detail)]);
    if record.len() != columns.len() {
        let detail = format!("expected {} cells as in the header, got {}", columns.len(), record.len());
        return Err(fault("", &detail));
    }
    let mut asked = DeviceRequest { device_id: String::new(), user_omni: String::new(), model: None, metadata: None };
    let mut notes = BTreeMap::new();
    for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
        match column {
            Column::DeviceId => asked.device_id = cell.to_owned(),
            Column::UserOmni => asked.user_omni = cell.to_owned(),
            Column::Model => asked.model = Some(cell.to_owned()),
            Column::Metadata => {
                let object: Result<BTreeMap<String, Value>, _> = serde_json::from_str(cell);
                notes.extend(object.map_err(|_| fault("/metadata", "expected a JSON object"))?);
            }
            Column::Note(key) => drop(notes.insert(key.clone(), cell.into())),
        }
    }
    asked.metadata = Some(notes);
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "1111111111111111111111111111111111111111111111111111111111111111";

    #[test]
    fn a_spreadsheets_csv_is_read() {
        let text = format!(
            "\u{feff}device_id,user_omni,model,metadata,metadata.color\r\nFT-1,{USER},\"bunny, 2\",\"{{\"\"batch\"\": 7}}\",red\r\n\
             FT-2,{USER},,,\r\n,{USER},,,\r\nFT-3,{USER}\r\nFT-4,{USER},,[1],\r\n"
        );
        let lines = read(Format::Csv, text.as_bytes()).unwrap();
        let first = lines[0].as_ref().unwrap();
        assert_eq!(first.model.as_ref().unwrap().to_string(), "bunny, 2");
        assert_eq!(first.metadata.to_json(), r#"{"batch":7,"color":"red"}"#);
        assert!(lines[1].as_ref().unwrap().metadata.is_empty());
        let pointers: Vec<_> = lines[2..].iter().map(|line| line.as_ref().unwrap_err()[0].pointer.as_str()).collect();
        assert_eq!(pointers, ["/device_id", "", "/metadata"]);
    }

    #[test]
    fn a_csv_without_its_header_is_refused_as_a_whole() {
        for text in [
            format!("FT-1,{USER}\n"),
            "device_id\nFT-1\n".into(),
            "device_id,user_omni,device_id\n".into(),
            String::new(),
        ] {
            assert!(matches!(read(Format::Csv, text.as_bytes()), Err(Error::InvalidRequest(_))), "{text}");
        }
    }

    #[test]
    fn each_line_of_json_stands_for_itself() {
        let text = format!(
            "{{\"device_id\":\"FT-1\",\"user_omni\":\"{USER}\"}}\r\n\n[]\n{{\"device_id\":\"FT-2\"}}\n{{\"device_id\":\"\",\"user_omni\":\"1\"}}"
        );
        let lines = read(Format::Ndjson, text.as_bytes()).unwrap();
        assert!(lines[0].is_ok());
        let pointers: Vec<Vec<_>> = lines[1..]
            .iter()
            .map(|line| line.as_ref().unwrap_err().iter().map(|fault| fault.pointer.as_str()).collect())
            .collect();
        assert_eq!(pointers, [vec![""], vec![""], vec!["/user_omni"], vec!["/device_id", "/user_omni"]]);
        assert!(read(Format::Ndjson, b"").unwrap().is_empty());
    }
}
