//! `cargo xtask bench tokens`: how fast a token is verified, beside the bare signature.

use std::collections::HashMap;

use data_encoding::BASE64URL_NOPAD;
use domain::ids::TokenId;
use domain::token::{Claims, Scopes};
use functions::platform::app::App;
use functions::platform::world::{Clock, Env, Random};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;
use tokio::time::Instant;

use crate::aws::Aws;
use crate::{Runner, RunnerOptions};

/// What of a bare verification's speed a token's must have, at least.
const LIMIT: f64 = 0.8;
/// How many tokens: more than an instance remembers, so that each is a stranger each time.
const TOKENS: usize = 256;
/// How often all of them are gone through; the fastest counts, since others use the machine too.
const ROUNDS: usize = 9;

/// A token taken apart.
struct Parts {
    signed: String,
    signature: Vec<u8>,
}

/// Measures and prints. One core does it all: nothing here waits for anybody.
///
/// # Errors
/// A sentence when something does not hold, or is slower than its limit.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub async fn run() -> Result<(), String> {
    let runner = Runner::start(RunnerOptions::default()).await?;
    let app = instance(&runner);
    let tokens = tokens(&app).await?;
    let point = point(&runner).await?;
    let parts = tokens.iter().map(|token| parts(token)).collect::<Result<Vec<_>, _>>()?;
    let signer = app.signer().map_err(|error| error.to_string())?;
    // The keys are asked of KMS once an instance.
    signer.verify_token(&tokens[0]).await.map_err(|error| error.to_string())?;

    let (mut bare, mut strange, mut known) = (0.0_f64, 0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for Parts { signed, signature } in &parts {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point);
            key.verify(signed.as_bytes(), signature).map_err(|_| "a signature does not hold")?;
        }
        bare = bare.max(rate(began));
        let began = Instant::now();
        for token in &tokens {
            signer.verify_token(token).await.map_err(|error| error.to_string())?;
        }
        strange = strange.max(rate(began));
        let began = Instant::now();
        for _ in &tokens {
            signer.verify_token(&tokens[0]).await.map_err(|error| error.to_string())?;
        }
        known = known.max(rate(began));
    }
    runner.stop().await;
    println!("One core, the fastest of {ROUNDS} rounds over {TOKENS} tokens.\n");
    println!("{:<44} {:>12} {:>10}", "", "a second", "of bare");
    for (what, rate) in [
        ("bare ES256 verification (ring)", bare),
        ("a token seen for the first time", strange),
        ("a token that the instance knows", known),
    ] {
        println!("{what:<44} {rate:>12.0} {:>10.2}", rate / bare);
    }
    let share = strange / bare;
    let verdict = if share >= LIMIT { "holds" } else { "BROKEN" };
    println!("\na token seen for the first time: {share:.2} of a bare verification, at least {LIMIT}: {verdict}");
    if share >= LIMIT { Ok(()) } else { Err("slower than its limit".into()) }
}

fn rate(began: Instant) -> f64 {
    TOKENS as f64 / began.elapsed().as_secs_f64()
}

/// A function's view of the world, as Lambda would start it.
fn instance(runner: &Runner) -> App {
    let settings = HashMap::from([
        ("PORTAL_URL", runner.url().to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("AWS_ENDPOINT_URL", runner.aws().endpoint("bench")),
        ("TABLE_NAME", Aws::table_name().to_owned()),
        ("K1_KEY_IDS", runner.aws().key_id().to_owned()),
    ]);
    App::new(Env::new(move |name| settings.get(name).cloned()), Clock::system(), Random::system())
}

async fn tokens(app: &App) -> Result<Vec<String>, String> {
    let signer = app.signer().map_err(|error| error.to_string())?;
    let mut tokens = Vec::new();
    for _ in 0..TOKENS {
        let token_id: TokenId = app.new_id();
        let (sub, jti) = ("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X".to_owned(), token_id.to_string());
        let claims = Claims::new(signer.issuer(), sub, jti, Scopes::vendor(), app.now(), 3600);
        tokens.push(signer.sign_token(&claims).await.map_err(|error| error.to_string())?);
    }
    Ok(tokens)
}

/// K1's public point, as JWKS publishes it.
async fn point(runner: &Runner) -> Result<Vec<u8>, String> {
    let client = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
    let url = format!("{}/.well-known/jwks.json", runner.url());
    let answer = client.get(url).send().await.map_err(|error| error.to_string())?;
    let keys: Value = answer.json().await.map_err(|error| error.to_string())?;
    let coordinate = |name: &str| {
        let text = keys["keys"][0][name].as_str().unwrap_or_default();
        BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|error| error.to_string())
    };
    Ok([vec![4], coordinate("x")?, coordinate("y")?].concat())
}

fn parts(token: &str) -> Result<Parts, String> {
    let (signed, signature) = token.rsplit_once('.').ok_or("no compact JWS")?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|error| error.to_string())?;
    Ok(Parts { signed: signed.to_owned(), signature })
}
