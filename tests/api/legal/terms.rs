//! `GET /v1/legal/terms`

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::harness::{Auth, Portal, TERMS};

#[tokio::test(flavor = "multi_thread")]
async fn names_each_document_by_version_url_and_fingerprint() {
    let portal = Portal::start().await;
    let terms = portal.get("/v1/legal/terms", Auth::None).await.expect(200);
    for document in ["tos", "dpa"] {
        assert_eq!(terms.str(&format!("/{document}/version")), TERMS);
        for text in [format!("/{document}"), format!("/{document}/zh_cn")] {
            let url = terms.str(&format!("{text}/url"));
            assert!(url.starts_with(&portal.url("/v1/legal/")), "{url}");
            let found = portal.send(portal.client().get(url)).await.expect(200);
            let digest = HEXLOWER.encode(&Sha256::digest(found.text.as_bytes()));
            assert_eq!(terms.str(&format!("{text}/sha256")), digest, "{url}");
        }
    }
}
