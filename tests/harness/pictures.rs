//! Pictures, good and hostile, made by the byte.

use data_encoding::BASE64;
use image_webp::{ColorType, WebPEncoder};

/// Four bytes a pixel, no two rows alike.
fn pixels(width: u32, height: u32) -> Vec<u8> {
    let row = |y: u32| (0..width).flat_map(move |_| [(y % 251) as u8, 0x4f, 0xd8, 0xff]);
    (0..height).flat_map(row).collect()
}

/// A PNG.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels(width, height)).expect("a picture");
    writer.finish().expect("an end");
    file
}

/// A PNG of two frames.
pub fn animated_png() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 2);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(2, 0).expect("an animation");
    let mut writer = encoder.write_header().expect("a header");
    for _ in 0..2 {
        writer.write_image_data(&pixels(2, 2)).expect("a frame");
    }
    writer.finish().expect("an end");
    file
}

/// A chunk of a PNG.
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("a short chunk").to_be_bytes();
    let named = [name.as_slice(), data].concat();
    [&length, named.as_slice(), &crc(&named).to_be_bytes()].concat()
}

/// CRC-32 as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    let shifted = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), shifted))
}

/// A PNG with these chunks between its header and its picture.
pub fn png_with(chunks: &[Vec<u8>]) -> Vec<u8> {
    let plain = png(4, 4);
    // The signature and IHDR: 8 + 25 bytes.
    let (head, rest) = plain.split_at(33);
    [head, &chunks.concat(), rest].concat()
}

/// A PNG whose header says so many pixels a side, and whose picture is one row.
pub fn png_that_says(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes(), &height.to_be_bytes(), [8, 6, 0, 0, 0].as_slice()].concat();
    let plain = png(4, 4);
    [&plain[..8], &chunk(b"IHDR", &header), &plain[33..]].concat()
}

/// A lossless WebP.
pub fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = WebPEncoder::new(&mut file);
    encoder.encode(&pixels(width, height), width, height, ColorType::Rgba8).expect("a picture");
    file
}

/// A lossless WebP that tells where and with what it was taken.
pub fn webp_with_metadata(secret: &str) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = WebPEncoder::new(&mut file);
    encoder.set_exif_metadata(format!("exif {secret}").into_bytes());
    encoder.set_xmp_metadata(format!("xmp {secret}").into_bytes());
    encoder.set_icc_profile(format!("icc {secret}").into_bytes());
    encoder.encode(&pixels(4, 4), 4, 4, ColorType::Rgba8).expect("a picture");
    file
}

fn base64(text: &str) -> Vec<u8> {
    BASE64.decode(text.as_bytes()).expect("base64")
}

/// A lossy WebP of one pixel, as sites use it to ask a browser what it can do.
pub fn lossy_webp() -> Vec<u8> {
    base64("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
}

/// The same with an alpha channel.
pub fn lossy_webp_with_alpha() -> Vec<u8> {
    base64(
        "UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA==",
    )
}

/// An animated WebP of the same origin.
pub fn animated_webp() -> Vec<u8> {
    base64(
        "UklGRlIAAABXRUJQVlA4WAoAAAASAAAAAAAAAAAAQU5JTQYAAAD/////AABBTk1GJgAAAAAAAAAAAAAAAAAAAGQAAABWUDhMDQAAAC8AAAAQBxAREYiI/gcA",
    )
}
