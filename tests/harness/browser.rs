//! A browser: it opens pages, keeps cookies, presses buttons, and tells where it comes from.

use reqwest::Method;
use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};

use super::{Answer, Auth, Portal};

/// One person's browser.
pub struct Browser<'a> {
    /// What it is on.
    pub portal: &'a Portal,
    /// The origin that it tells on a POST; none for a browser, or a program, that tells none.
    pub origin: Option<String>,
    /// The language that its person reads.
    pub language: &'static str,
    /// Its cookies, `name=value`.
    pub cookies: Vec<String>,
}

impl<'a> Browser<'a> {
    /// A browser on the portal's own pages.
    pub fn on(portal: &'a Portal) -> Self {
        Self { portal, origin: Some(portal.runner().url().to_owned()), language: "en", cookies: Vec::new() }
    }

    /// Opens a page.
    pub async fn open(&self, path: &str) -> Answer {
        self.go(Method::GET, path, None).await
    }

    /// Presses a button: posts a form.
    pub async fn press(&self, path: &str, form: &str) -> Answer {
        self.go(Method::POST, path, Some(form)).await
    }

    /// Takes the cookie that an answer sets.
    pub fn keep(&mut self, answer: &Answer) {
        let cookies = answer.headers.get_all(SET_COOKIE).iter();
        let pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        self.cookies.extend(pairs.map(str::to_owned));
    }

    async fn go(&self, method: Method, path: &str, form: Option<&str>) -> Answer {
        let mut request = self.portal.request(method, path, Auth::None).header(ACCEPT_LANGUAGE, self.language);
        if !self.cookies.is_empty() {
            request = request.header(COOKIE, self.cookies.join("; "));
        }
        if let Some(form) = form {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned());
            if let Some(origin) = &self.origin {
                request = request.header(ORIGIN, origin);
            }
        }
        self.portal.send(request).await
    }
}

/// The attributes of the cookie called `name` that an answer sets, its value first.
pub fn set_cookie(answer: &Answer, name: &str) -> Option<Vec<String>> {
    let cookies = answer.headers.get_all(SET_COOKIE).iter();
    cookies.filter_map(|cookie| cookie.to_str().ok()).find_map(|cookie| {
        let (key, rest) = cookie.split_once('=')?;
        (key == name).then(|| rest.split(';').map(|part| part.trim().to_owned()).collect())
    })
}
