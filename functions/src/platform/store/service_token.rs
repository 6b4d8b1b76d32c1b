//! Tokens of AgentKeys' own services, which operations issue.

use domain::Error;
use domain::audit::By;
use domain::ids::ServiceTokenId;
use domain::token::ServiceToken;

use super::{Entity, Key, Read, Row, Store};

impl Entity for ServiceToken {
    const KIND: &'static str = "service_token";

    fn key(&self) -> Key {
        key_of(self.token_id)
    }
}

fn key_of(token_id: ServiceTokenId) -> Key {
    Key::new(format!("SERVICE#{token_id}"), "TOKEN")
}

impl Store {
    /// A service token.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn service_token(&self, token_id: ServiceTokenId) -> Result<Option<ServiceToken>, Error> {
        let row: Option<Row<ServiceToken>> = self.get(&key_of(token_id), Read::Consistent).await?;
        Ok(row.map(|row| row.item))
    }

    /// Keeps a service token that was just signed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create_service_token(&self, token: &ServiceToken, by: &By) -> Result<(), Error> {
        self.create(token, by, None).await.map(drop)
    }

    /// Ends a service token. Ended twice is ended once.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when somebody else does at this moment; [`Error::Unavailable`].
    pub async fn revoke_service_token(&self, token_id: ServiceTokenId, by: &By) -> Result<(), Error> {
        let token = self.service_token(token_id).await?.ok_or(Error::NotFound)?;
        if token.revoked_at.is_some() {
            return Ok(());
        }
        let ended = ServiceToken { revoked_at: Some(by.at), version: token.version + 1, ..token };
        match self.replace(&ended, ended.version, by).await? {
            true => Ok(()),
            false => Err(Error::Conflict("somebody else changes this token at this moment; try again")),
        }
    }
}
