//! `GET /v1/vendor/branding/logo/{vendor_id}/{file}`

use reqwest::Method;

use super::{PATH, download, upload};
use crate::harness::pictures::png;
use crate::harness::{Auth, Portal};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_see_it_and_keep_it() {
    let portal = Portal::start().await;
    let folotoy = portal.sign_up("ops@folotoy.example").await;
    let uploaded = upload(&portal, &folotoy.session, "*", "image/png", png(8, 8)).await.expect(200);
    let url = uploaded.str("/logo/url");
    let (headers, _) = download(&portal, url).await;
    for (name, value) in [
        ("content-type", "image/png"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    let path = url.strip_prefix(&portal.url("")).unwrap();
    let known = portal.request(Method::GET, path, Auth::None).header("if-none-match", &headers["etag"]);
    let known = portal.send(known).await.expect(304);
    assert_eq!((known.header("etag"), known.text.as_str()), (headers["etag"].to_str().unwrap(), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_there() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.sign_up("a@example.com").await, portal.sign_up("b@example.com").await);
    let uploaded = upload(&portal, &folotoy.session, "*", "image/png", png(8, 8)).await.expect(200);
    let (_, file) = uploaded.str("/logo/url").rsplit_once('/').unwrap();
    let hash = file.strip_suffix(".png").unwrap();
    for (vendor, file) in [
        (ropet.vendor_id.as_str(), file),
        ("ven_nobody", file),
        ("..", file),
        (&folotoy.vendor_id, hash),
        (&folotoy.vendor_id, &format!("{hash}.webp")),
        (&folotoy.vendor_id, &format!("{hash}.png.png")),
        (&folotoy.vendor_id, &format!("{}.png", hash.to_uppercase())),
        (&folotoy.vendor_id, &format!("{}.png", "0".repeat(64))),
        (&folotoy.vendor_id, "PROFILE"),
        (&folotoy.vendor_id, "%23.png"),
    ] {
        let answer = portal.get(&format!("{PATH}/{vendor}/{file}"), Auth::None).await;
        answer.problem(404, "not_found");
    }
}
