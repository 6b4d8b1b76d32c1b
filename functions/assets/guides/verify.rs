// cargo add data-encoding serde_json && cargo add p256 --features ecdsa
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::Value;

/// The claims of a vendor or service token. `keys` is the body of `/.well-known/jwks.json`, read anew every five
/// minutes; `now` is in Unix seconds.
pub fn verify(token: &str, keys: &Value, portal: &str, now: i64) -> Result<Value, &'static str> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err("no compact JWS") };
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| "no base64url");
    let json = |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| "no JSON");

    let head = json(header)?;
    if head["alg"] != "ES256" || head["typ"] != "JWT" || head.get("crit").is_some() {
        return Err("no ES256 token; a receipt or a cap is no vendor token");
    }
    let key = keys["keys"].as_array().into_iter().flatten().find(|key| key["kid"] == head["kid"]);
    let key = key.ok_or("a key that is not published")?;
    let coordinate = |name: &str| decode(key[name].as_str().unwrap_or_default());
    let point = [vec![4], coordinate("x")?, coordinate("y")?].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| "no P-256 key")?;
    let signature = Signature::from_slice(&decode(signature)?).map_err(|_| "no signature")?;
    key.verify(format!("{header}.{claims}").as_bytes(), &signature).map_err(|_| "the signature does not hold")?;

    let claims = json(claims)?;
    if claims["iss"] != portal || claims["aud"] != "agentkeys" {
        return Err("another portal's token, or for somebody else");
    }
    let (from, until) = (claims["nbf"].as_i64().ok_or("no nbf")?, claims["exp"].as_i64().ok_or("no exp")?);
    match now >= from - 60 && now < until + 60 {
        true => Ok(claims),
        false => Err("not valid at this time"),
    }
}
