//! `GET /v1/vendor/branding`

use serde_json::json;

use super::see;
use crate::harness::Portal;

#[tokio::test(flavor = "multi_thread")]
async fn until_it_says_something_a_vendor_shows_its_own_name() {
    let portal = Portal::start().await;
    let name = "玩".repeat(100);
    let folotoy = portal.sign_up_as(json!({ "email": "a@example.com", "display_name": name })).await;
    let branding = see(&portal, &folotoy.session).await;
    let expected = json!({
        "display_name": "玩".repeat(64),
        "accent_color": "#1f4fd8",
        "contrast": { "with_white": 6.62, "with_black": 3.16, "text_color": "#ffffff" },
    });
    assert_eq!(branding.body, expected);
}
