//! [`App`]: what a function has in hand. Cheap to clone, built once per cold start, each part when it is first needed.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use domain::Error;
use domain::clock::Timestamp;
use domain::ids::{CapId, Id, Kind, VendorId};

use super::access::{GateCache, ServiceCache};
use super::config::{
    AwsConfig, EventsConfig, MailConfig, PortalConfig, SignerConfig, StripeConfig, StripeWebhookConfig, TableConfig,
};
use super::events::Events;
use super::mailer::Mailer;
use super::payments::stripe::Stripe;
use super::secret::Secret;
use super::signer::Signer;
use super::store::Store;
use super::token_use::Uses;
use super::world::{Clock, Env, Random};

/// A function's view of the world.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    env: Env,
    clock: Clock,
    random: Random,
    sdk: OnceLock<SdkConfig>,
    portal: OnceLock<PortalConfig>,
    store: OnceLock<Store>,
    signer: OnceLock<Signer>,
    mailer: OnceLock<Mailer>,
    events: OnceLock<Events>,
    stripe: OnceLock<Stripe>,
    webhook: OnceLock<StripeWebhookConfig>,
    gates: GateCache,
    services: ServiceCache,
    uses: Uses,
}

/// The part in `cell`, made by `make` when it is not there yet.
fn part<T>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T, Error>) -> Result<&T, Error> {
    if let Some(part) = cell.get() {
        return Ok(part);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

impl App {
    /// A function with these settings, this time and this randomness.
    pub fn new(env: Env, clock: Clock, random: Random) -> Self {
        Self(Arc::new(Inner {
            env,
            clock,
            random,
            sdk: OnceLock::new(),
            portal: OnceLock::new(),
            store: OnceLock::new(),
            signer: OnceLock::new(),
            mailer: OnceLock::new(),
            events: OnceLock::new(),
            stripe: OnceLock::new(),
            webhook: OnceLock::new(),
            gates: GateCache::default(),
            services: ServiceCache::default(),
            uses: Uses::default(),
        }))
    }

    /// The function as Lambda runs it.
    pub fn on_lambda() -> Self {
        Self::new(Env::process(), Clock::system(), Random::system())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// A fresh identifier.
    pub fn new_id<K: Kind>(&self) -> Id<K> {
        Id::new(self.now(), self.0.random.bytes())
    }

    /// A fresh identifier of a cap of `vendor_id` that is minted at `at`.
    pub fn new_cap_id(&self, vendor_id: VendorId, at: Timestamp) -> CapId {
        CapId::of(vendor_id, at, self.0.random.bytes())
    }

    /// A fresh secret.
    pub fn new_secret(&self) -> Secret {
        Secret::generate(&self.0.random)
    }

    /// Vendors and tokens that this instance has seen lately.
    pub fn gates(&self) -> &GateCache {
        &self.0.gates
    }

    /// Service tokens that this instance has seen lately.
    pub fn services(&self) -> &ServiceCache {
        &self.0.services
    }

    /// What this instance has noted of the tokens' use.
    pub fn uses(&self) -> &Uses {
        &self.0.uses
    }

    /// Where the portal is.
    ///
    /// # Errors
    /// [`Error::Internal`] naming a missing setting, as for all parts.
    pub fn portal(&self) -> Result<&PortalConfig, Error> {
        part(&self.0.portal, || PortalConfig::from_env(&self.0.env))
    }

    /// All vendors' data. Handlers get the door to one vendor's from [`super::access`] instead; who calls this answers
    /// for whom it reads.
    ///
    /// # Errors
    /// [`Error::Internal`] naming a missing setting.
    pub fn store_of_all_vendors(&self) -> Result<&Store, Error> {
        part(&self.0.store, || Ok(Store::new(self.sdk()?, &TableConfig::from_env(&self.0.env)?)))
    }

    /// K1 and this instance's issuing key.
    ///
    /// # Errors
    /// [`Error::Internal`] naming a missing setting.
    pub fn signer(&self) -> Result<&Signer, Error> {
        part(&self.0.signer, || {
            let config = SignerConfig::from_env(&self.0.env)?;
            Ok(Signer::new(
                self.sdk()?,
                config,
                self.portal()?.url.clone(),
                self.0.clock.clone(),
                self.0.random.clone(),
            ))
        })
    }

    /// Outgoing mail.
    ///
    /// # Errors
    /// [`Error::Internal`] naming a missing setting.
    pub fn mailer(&self) -> Result<&Mailer, Error> {
        part(&self.0.mailer, || {
            Ok(Mailer::new(self.sdk()?, MailConfig::from_env(&self.0.env)?, self.portal()?.clone()))
        })
    }

    /// Outbound events.
    ///
    /// # Errors
    /// [`Error::Internal`] naming a missing setting.
    pub fn events(&self) -> Result<&Events, Error> {
        part(&self.0.events, || Ok(Events::new(self.sdk()?, EventsConfig::from_env(&self.0.env)?)))
    }

    /// Stripe's API.
    ///
    /// # Errors
    /// [`Error::Internal`] naming a missing setting.
    pub fn stripe(&self) -> Result<&Stripe, Error> {
        part(&self.0.stripe, || Stripe::new(StripeConfig::from_env(&self.0.env)?))
    }

    /// What Stripe's notifications are checked with.
    ///
    /// # Errors
    /// [`Error::Internal`] naming a missing setting.
    pub fn stripe_webhook(&self) -> Result<&StripeWebhookConfig, Error> {
        part(&self.0.webhook, || StripeWebhookConfig::from_env(&self.0.env))
    }

    fn sdk(&self) -> Result<&SdkConfig, Error> {
        part(&self.0.sdk, || Ok(sdk_config(AwsConfig::from_env(&self.0.env)?)))
    }
}

/// How long the SDK waits at most before its second attempt; twice as long each time after. Its own second would be most
/// of what a caller waits for; a retry's cause is over within milliseconds or not at all.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// How often the SDK tries in all.
const SDK_ATTEMPTS: u32 = 4;

/// The AWS SDK, trimmed: no credential chain (Lambda puts them in the environment), one TLS stack.
fn sdk_config(config: AwsConfig) -> SdkConfig {
    let credentials =
        Credentials::new(config.access_key_id, config.secret_access_key, config.session_token, None, "environment");
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let mut sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(config.region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE).with_max_attempts(SDK_ATTEMPTS))
        .timeout_config(timeouts)
        .http_client(http_client());
    sdk.set_endpoint_url(config.endpoint_url);
    sdk.build()
}

/// The roots of Amazon Trust Services, see the README beside them.
const AMAZON_ROOTS: &[u8] = include_bytes!("../../assets/tls/amazon-roots.pem");

/// One connection pool and one TLS stack in a process. It trusts Amazon's own roots and nobody else's: to read the
/// system's would be most of what a cold start costs.
fn http_client() -> SharedHttpClient {
    static CLIENT: OnceLock<SharedHttpClient> = OnceLock::new();
    let build = || {
        let trust = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
        let tls = TlsContext::builder().with_trust_store(trust).build().expect("nothing in it can fail");
        aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls)
            .build_https()
    };
    CLIENT.get_or_init(build).clone()
}

#[cfg(test)]
mod tests {
    use rustls::RootCertStore;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    use super::AMAZON_ROOTS;

    #[test]
    fn amazons_five_roots_are_trusted() {
        let roots = CertificateDer::pem_slice_iter(AMAZON_ROOTS).map(|root| root.expect("a certificate"));
        assert_eq!(RootCertStore::empty().add_parsable_certificates(roots), (5, 0));
    }
}
