//! [`Routes`]: an endpoint as it is served, and as it is documented.

use axum::Router;
use axum::routing::{MethodFilter, MethodRouter};
use tower_http::compression::CompressionLayer;
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::app::App;

/// An endpoint. Its documentation is made only when it is asked for, which no deployed function does: neither the time to
/// build it nor its text is part of a cold start.
pub struct Routes {
    served: Router<App>,
    document: fn() -> UtoipaMethodRouter<App>,
}

impl Routes {
    /// A handler at its path, as the macro `routes!` has it.
    pub fn new(
        path: &str,
        methods: &[HttpMethod],
        handler: impl Fn(MethodFilter) -> MethodRouter<App>,
        document: fn() -> UtoipaMethodRouter<App>,
    ) -> Self {
        let method = |served: MethodRouter<App>, method: &HttpMethod| served.merge(handler(filter(method)));
        Self { served: Router::new().route(path, methods.iter().fold(MethodRouter::new(), method)), document }
    }

    /// The same, with its answers compressed for who takes that.
    pub fn compressed(self) -> Self {
        Self { served: self.served.layer(CompressionLayer::new()), ..self }
    }

    /// What answers.
    #[inline(always)]
    pub fn served(self) -> Router<App> {
        self.served
    }

    /// Both, for a function that serves more than one.
    #[inline(always)]
    pub fn merge(self, other: Self) -> Router<App> {
        self.served.merge(other.served)
    }

    /// What tells how it answers.
    pub fn documented(&self) -> OpenApiRouter<App> {
        OpenApiRouter::new().routes((self.document)())
    }
}

impl From<Routes> for Router<App> {
    #[inline(always)]
    fn from(routes: Routes) -> Self {
        routes.served()
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

/// The [`Routes`] of a handler that carries `#[utoipa::path]`.
macro_rules! routes {
    ($handler:ident) => {
        $crate::platform::routes::Routes::new(
            &utoipa_axum::paste!(<[<__path_ $handler>] as utoipa::Path>::path()),
            &utoipa_axum::paste!(<[<__path_ $handler>] as utoipa::Path>::methods()),
            |method| axum::routing::on(method, $handler),
            || utoipa_axum::routes!($handler),
        )
    };
}
pub(crate) use routes;
