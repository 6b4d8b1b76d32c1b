//! Logos: pictures from strangers, decoded to see that they are what they say, and rid of everything but the picture.
//!
//! What is not needed to show the picture is left out chunk by chunk (texts, EXIF, XMP, colour profiles, what follows the
//! end), and what is left is decoded whole. Encoding anew would do the same for more: it takes seconds on the share of a
//! processor that a function has, and makes of a photograph in WebP something ten times its size.

use std::io::Cursor;

use domain::branding::{LOGO_SIDE, Media};

/// The most memory that decoding may take, in bytes: the largest picture takes 8 MB.
const MEMORY: usize = 32 * 1024 * 1024;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// VP8X's flags by the WebP container specification: the picture has an alpha channel.
const ALPHA: u8 = 0x10;
const ANIMATED: &str = "animated pictures are not taken";
const CUT_OFF: &str = "the picture is cut off";

/// A picture that can be shown.
#[derive(Debug)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The picture and nothing else.
    pub bytes: Vec<u8>,
}

impl Picture {
    /// Reads what is said to be a picture of this kind.
    ///
    /// # Errors
    /// A sentence for the caller: it is no such picture, broken, animated, or a side is longer than [`LOGO_SIDE`].
    pub fn read(media: Media, bytes: &[u8]) -> Result<Self, String> {
        let bytes = match media {
            Media::Png => bare_png(bytes)?,
            Media::Webp => bare_webp(bytes)?,
        };
        let (width, height) = match media {
            Media::Png => decode_png(&bytes)?,
            Media::Webp => decode_webp(&bytes)?,
        };
        Ok(Self { width, height, bytes })
    }
}

fn broken(error: impl std::fmt::Display) -> String {
    format!("the picture can't be decoded: {error}")
}

fn check_sides(width: u32, height: u32) -> Result<(), String> {
    match (1..=LOGO_SIDE).contains(&width) && (1..=LOGO_SIDE).contains(&height) {
        true => Ok(()),
        false => Err(format!("expected sides of 1 to {LOGO_SIDE} pixels, got {width} × {height}")),
    }
}

/// The first `count` bytes, and the rest.
fn split(bytes: &[u8], count: usize) -> Result<(&[u8], &[u8]), String> {
    bytes.split_at_checked(count).ok_or_else(|| CUT_OFF.to_owned())
}

fn number(bytes: &[u8], read: fn([u8; 4]) -> u32) -> Result<usize, String> {
    let bytes: [u8; 4] = bytes.try_into().map_err(|_| CUT_OFF.to_owned())?;
    usize::try_from(read(bytes)).map_err(broken)
}

/// A PNG's chunks that make the picture. Each is a length, a name, so many bytes, and a checksum of four bytes.
fn bare_png(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut rest = bytes.strip_prefix(PNG).ok_or("this is no PNG")?;
    let mut kept = PNG.to_vec();
    loop {
        let (head, _) = split(rest, 8)?;
        let length = number(&head[..4], u32::from_be_bytes)?;
        let (chunk, after) = split(rest, length.saturating_add(12))?;
        match &head[4..] {
            b"IHDR" | b"PLTE" | b"tRNS" | b"cHRM" | b"gAMA" | b"sRGB" | b"IDAT" => kept.extend_from_slice(chunk),
            b"IEND" => {
                kept.extend_from_slice(chunk);
                return Ok(kept);
            }
            b"acTL" | b"fcTL" | b"fdAT" => return Err(ANIMATED.into()),
            // A small first letter says that the picture can be shown without.
            [first, ..] if first.is_ascii_lowercase() => {}
            _ => return Err("the picture has a part that nobody knows".into()),
        }
        rest = after;
    }
}

fn decode_png(bytes: &[u8]) -> Result<(u32, u32), String> {
    let decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: MEMORY });
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width, reader.info().height);
    check_sides(width, height)?;
    let size = reader.output_buffer_size().filter(|size| *size <= MEMORY).ok_or("the picture is too large")?;
    reader.next_frame(&mut vec![0; size]).map_err(broken)?;
    Ok((width, height))
}

/// A WebP's chunks that make the picture. Each is a name, a length, so many bytes, and a byte more to make it even.
fn bare_webp(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (head, rest) = bytes.split_at_checked(12).ok_or("this is no WebP")?;
    if !head.starts_with(b"RIFF") || !head.ends_with(b"WEBP") {
        return Err("this is no WebP".into());
    }
    let length = number(&head[4..8], u32::from_le_bytes)?.checked_sub(4).ok_or(CUT_OFF)?;
    let (mut rest, _) = split(rest, length)?;
    let mut kept = b"WEBP".to_vec();
    while !rest.is_empty() {
        let (head, body) = split(rest, 8)?;
        let length = number(&head[4..], u32::from_le_bytes)?;
        let (_, after) = split(body, length.saturating_add(length % 2))?;
        let chunk = &rest[..rest.len() - after.len()];
        match &head[..4] {
            b"VP8 " | b"VP8L" | b"ALPH" => kept.extend_from_slice(chunk),
            b"VP8X" => {
                kept.extend_from_slice(chunk);
                // What else the flags announce is left out.
                let flags = kept.len() - chunk.len() + 8;
                kept.get_mut(flags).map(|flags| *flags &= ALPHA).ok_or(CUT_OFF)?;
            }
            b"ANIM" | b"ANMF" => return Err(ANIMATED.into()),
            _ => {}
        }
        rest = after;
    }
    let length = u32::try_from(kept.len()).map_err(broken)?;
    Ok([b"RIFF", length.to_le_bytes().as_slice(), &kept].concat())
}

fn decode_webp(bytes: &[u8]) -> Result<(u32, u32), String> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(broken)?;
    decoder.set_memory_limit(MEMORY);
    let (width, height) = decoder.dimensions();
    check_sides(width, height)?;
    let size = decoder.output_buffer_size().filter(|size| *size <= MEMORY).ok_or("the picture is too large")?;
    decoder.read_image(&mut vec![0; size]).map_err(broken)?;
    Ok((width, height))
}
