//! DynamoDB by its SDK, as the product has it, on a local AWS of a test's own.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use local::aws::{Aws, AwsOptions, Physics};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// A local AWS, and its DynamoDB.
pub struct Dynamo {
    pub aws: Aws,
    pub client: Client,
}

impl Dynamo {
    /// One whose client tries once: an error is what came over the wire.
    pub async fn start(physics: Physics) -> Self {
        Self::start_with(physics, RetryConfig::disabled()).await
    }

    /// One whose client tries again.
    pub async fn start_with(physics: Physics, retries: RetryConfig) -> Self {
        let options = AwsOptions { state_dir: None, now: Arc::new(|| 1_800_000_000), physics };
        let aws = Aws::start(options, Default::default()).await.expect("the local AWS starts");
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(aws.endpoint("test"))
            .retry_config(retries);
        Self { aws, client: Client::from_conf(config.build()) }
    }

    /// A put of an item with these texts, `pk` and `sk` among them.
    pub fn put(&self, texts: &[(&str, &str)]) -> PutItemFluentBuilder {
        self.client.put_item().table_name(Aws::table_name()).set_item(Some(item(texts)))
    }

    /// Whether the item is there, whatever reads make of it.
    pub fn has(&self, pk: &str, sk: &str) -> bool {
        self.aws.item(pk, sk).is_some()
    }
}

/// An item of texts.
pub fn item(texts: &[(&str, &str)]) -> Item {
    texts.iter().map(|(name, value)| ((*name).to_owned(), s(value))).collect()
}

/// A text.
pub fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// The code of a service's error; empty for an error of another kind.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E>) -> &str {
    error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default()
}
