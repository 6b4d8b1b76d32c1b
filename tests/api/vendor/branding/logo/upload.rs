//! `PUT /v1/vendor/branding/logo`

use data_encoding::HEXLOWER;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::see;
use super::{PATH, download, pictures, upload};
use crate::harness::pictures::{
    animated_png, animated_webp, chunk, lossy_webp, lossy_webp_with_alpha, png, png_that_says, png_with, webp,
    webp_with_metadata,
};
use crate::harness::{Answer, Auth, Portal};

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_shown_at_a_url_with_its_hash() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let seen = see(&portal, &folotoy.session).await.header("etag").to_owned();
    let picture = png(1024, 1024);
    let answer = upload(&portal, &folotoy.session, &seen, "image/png", picture.clone()).await.expect(200);
    let hash = HEXLOWER.encode(&Sha256::digest(&picture));
    let expected = json!({
        "url": portal.url(&format!("{PATH}/{}/{hash}.png", folotoy.vendor_id)),
        "media_type": "image/png", "width": 1024, "height": 1024, "size": picture.len(),
    });
    assert_eq!(answer.body["logo"], expected);
    let now = see(&portal, &folotoy.session).await;
    assert_eq!((now.header("etag"), &now.body["logo"]), (answer.header("etag"), &expected));
    let (_, shown) = download(&portal, answer.str("/logo/url")).await;
    assert!(shown == picture, "there was nothing to take out");
    let audit = portal.audit(&folotoy.session).await;
    assert_eq!(audit[0]["type"], "vendor.logo_changed");
    assert_eq!(audit[0]["changes"][0]["after"]["sha256"], hash);
    assert!(Value::from(audit).to_string().len() < picture.len() + 4000, "no picture in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_webp_is_shown_but_an_animated_one() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    for (picture, width) in [(webp(1024, 300), 1024), (lossy_webp(), 1), (lossy_webp_with_alpha(), 1)] {
        let answer = upload(&portal, &folotoy.session, "*", "image/webp", picture.clone()).await.expect(200);
        assert_eq!(answer.body["logo"]["width"], width);
        assert!(answer.str("/logo/url").ends_with(".webp"));
        let (headers, shown) = download(&portal, answer.str("/logo/url")).await;
        assert_eq!(headers["content-type"], "image/webp");
        assert!(shown == picture);
    }
    // One at a time: what was replaced is gone.
    assert_eq!(pictures(&portal).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_picture_is_taken_out() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let secret = "31.2304N 121.4737E";
    let chunks = [
        chunk(b"tEXt", format!("Comment\0{secret}").as_bytes()),
        chunk(b"iTXt", format!("XML:com.adobe.xmp\0\0\0\0\0{secret}").as_bytes()),
        chunk(b"eXIf", format!("II*\0{secret}").as_bytes()),
        chunk(b"prVt", secret.as_bytes()),
        chunk(b"gAMA", &45455_u32.to_be_bytes()),
    ];
    let trailed = [png_with(&chunks), b"PK\x03\x04".to_vec(), secret.as_bytes().to_vec()].concat();
    let told = webp_with_metadata(secret);
    for (kind, picture) in [("image/png", trailed), ("image/webp", told)] {
        let contains = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(contains(&picture));
        let answer = upload(&portal, &folotoy.session, "*", kind, picture).await.expect(200);
        let (_, shown) = download(&portal, answer.str("/logo/url")).await;
        assert!(!contains(&shown), "{kind}");
        assert_eq!(answer.body["logo"]["size"], shown.len());
        assert_eq!(answer.body["logo"]["width"], 4);
        // What is shown is a picture still, with nothing more to take out.
        let again = upload(&portal, &folotoy.session, "*", kind, shown).await.expect(200);
        assert_eq!(again.body["logo"], answer.body["logo"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_good_picture_is_refused_and_nothing_changes() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let before = portal.state(&folotoy.session).await;
    let (good, good_webp) = (png(64, 64), webp(64, 64));
    let mut flipped = good.clone();
    flipped[60] ^= 0xff;
    let mut half = good.clone();
    half.drain(60..80);
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#.to_vec();
    let rows: [(&str, &str, Vec<u8>); 19] = [
        ("nothing", "image/png", Vec::new()),
        ("nothing", "image/webp", Vec::new()),
        ("a GIF", "image/png", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec()),
        ("an SVG", "image/png", svg.clone()),
        ("an SVG", "image/webp", svg),
        ("a PNG", "image/webp", good.clone()),
        ("a WebP", "image/png", good_webp.clone()),
        ("cut off", "image/png", good[..good.len() / 2].to_vec()),
        ("without its end", "image/png", good[..good.len() - 12].to_vec()),
        ("cut off", "image/webp", good_webp[..good_webp.len() - 10].to_vec()),
        ("with a wrong checksum", "image/png", flipped),
        ("with a hole", "image/png", half),
        ("animated", "image/png", animated_png()),
        ("animated", "image/webp", animated_webp()),
        ("huge by its header", "image/png", png_that_says(20_000, 20_000)),
        ("tall by its header", "image/png", png_that_says(4, 1024)),
        ("one pixel too wide", "image/png", png(1025, 1)),
        ("one pixel too tall", "image/webp", webp(1, 1025)),
        ("with an unknown part", "image/png", png_with(&[chunk(b"ABCD", b"x")])),
    ];
    for (what, kind, picture) in rows {
        let answer = upload(&portal, &folotoy.session, "*", kind, picture).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{kind}, {what}: {}", answer.text);
        assert_eq!(answer.pointers(), [""], "{kind}, {what}");
    }
    let too_large = upload(&portal, &folotoy.session, "*", "image/png", vec![0; 102_401]).await;
    too_large.problem(413, "body_too_large");
    for kind in ["image/gif", "image/svg+xml", "image/jpeg", "text/html", "application/json", ""] {
        let answer = upload(&portal, &folotoy.session, "*", kind, good.clone()).await;
        answer.problem(415, "unsupported_media_type");
    }
    assert_eq!(portal.state(&folotoy.session).await, before);
    assert_eq!(pictures(&portal).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_uploads_at_once_one_is_taken_and_no_picture_is_left_over() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let put = portal.request(Method::PUT, PATH, Auth::Session(&folotoy.session));
    let put = put.header("content-type", "image/png").body(png(8, 8));
    portal.send(put).await.problem(428, "precondition_required");
    for _ in 0..3 {
        let seen = see(&portal, &folotoy.session).await.header("etag").to_owned();
        let taken = see(&portal, &folotoy.session).await.body["logo"]["width"].as_u64().unwrap_or(8) as u32;
        let put = |side: u32| upload(&portal, &folotoy.session, &seen, "image/png", png(side, side));
        let answers: [Answer; 2] = tokio::join!(put(taken + 1), put(taken + 2)).into();
        let mut statuses = answers.each_ref().map(|answer| answer.status);
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let lost = answers.iter().find(|answer| answer.status == 412).unwrap();
        let won = answers.iter().find(|answer| answer.status == 200).unwrap();
        assert_eq!(lost.body["changed"], json!([{ "field": "logo", "current": won.body["logo"] }]));
        assert_eq!(pictures(&portal).await, 1);
    }
}
