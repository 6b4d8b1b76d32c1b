//! `/v1/vendor/branding/logo`

mod get;
mod remove;
mod upload;

use reqwest::Method;

use crate::harness::{Answer, Auth, Portal};

const PATH: &str = "/v1/vendor/branding/logo";

/// Uploads a picture as somebody who saw this entity tag.
async fn upload(portal: &Portal, session: &str, seen: &str, kind: &str, picture: Vec<u8>) -> Answer {
    let request = portal.request(Method::PUT, PATH, Auth::Session(session));
    portal.send(request.header("if-match", seen).header("content-type", kind).body(picture)).await
}

/// What anybody gets at the logo's URL.
async fn download(portal: &Portal, url: &str) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let answer = portal.client().get(url).send().await.expect("the portal answers");
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    (headers, answer.bytes().await.expect("the answer is whole").to_vec())
}

/// How many pictures lie in the table.
async fn pictures(portal: &Portal) -> usize {
    let items = crate::ledgers::table::items(portal).await;
    crate::ledgers::table::of_kind(&items, "logo").len()
}
