//! AgentKeys' own services, by the tokens that operations issue.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::Error;
use domain::audit::{By, Principal};
use domain::ids::ServiceTokenId;
use domain::token::{Scope, Scopes};

use super::claims;
use crate::platform::app::App;
use crate::platform::http::{Failure, RequestMeta};
use crate::platform::store::Store;

/// A token of AgentKeys' own services whose signature and time hold. It opens nothing yet.
pub struct ServiceBearer {
    token_id: ServiceTokenId,
    scopes: Scopes,
    by: By,
    app: App,
}

impl FromRequestParts<App> for ServiceBearer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let claims = claims(&parts.headers, app).await?;
        let token_id = claims.sub.parse().map_err(|_| Error::Unauthenticated("not a service token"))?;
        let meta = RequestMeta::from_request_parts(parts, app).await?;
        Ok(Self {
            token_id,
            scopes: claims.scope,
            by: meta.by(Principal::Service(token_id), app.now()),
            app: app.clone(),
        })
    }
}

/// One of AgentKeys' own services.
pub struct ServiceCaller {
    /// All vendors' data: a service acts for all of them.
    pub store: Store,
    /// Author of what is done here.
    pub by: By,
}

impl ServiceBearer {
    /// Lets the service in if its token allows it.
    ///
    /// # Errors
    /// [`Error::InsufficientScope`], [`Error::TokenRevoked`], [`Error::TokenExpired`], [`Error::Unavailable`].
    pub async fn open(self, scope: Scope) -> Result<ServiceCaller, Error> {
        let store = self.app.store_of_all_vendors()?;
        let services = self.app.services();
        let token = match services.get(self.token_id, self.by.at) {
            Some(token) => token,
            None => {
                let read = store.service_token(self.token_id).await?;
                let token = read.ok_or(Error::Unauthenticated("token not on record"))?;
                token.check(self.by.at)?;
                services.put(self.token_id, &token, self.by.at);
                token
            }
        };
        token.check(self.by.at)?;
        match self.scopes.contain(scope) {
            true => Ok(ServiceCaller { store: store.clone(), by: self.by }),
            false => Err(Error::InsufficientScope(scope)),
        }
    }
}
