//! A double of KMS: asymmetric P-256 signing keys, and the three operations that the product may use on them.
//!
//! It answers what "AWS KMS API Reference" says of Sign, GetPublicKey and DescribeKey for a key of spec ECC_NIST_P256,
//! and refuses what KMS would refuse, so that a wrong algorithm or digest shows before the deployed stack does. It is
//! stricter than KMS in one thing: a `RAW` message is refused, since the product hashes for itself.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use data_encoding::{BASE64, HEXLOWER};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{ACCOUNT, REGION, Refusal};

const KEY_SPEC: &str = "ECC_NIST_P256";
const KEY_USAGE: &str = "SIGN_VERIFY";
const ALGORITHM: &str = "ECDSA_SHA_256";

/// The keys, the oldest first: that one is K1.
pub(super) struct Keys {
    dir: Option<PathBuf>,
    first_id: String,
    keys: RwLock<Vec<Arc<Key>>>,
    is_down: AtomicBool,
}

struct Key {
    id: String,
    signing: SigningKey,
    public: Vec<u8>,
}

impl Keys {
    /// Reads `k1.pk8`, `k2.pk8` and so on from `dir`; makes K1 where there is none.
    pub(super) fn open(dir: Option<&Path>) -> Result<Self, String> {
        let mut keys = Vec::new();
        while let Some(key) = dir.map_or(Ok(None), |dir| Key::read(&file(dir, keys.len())))? {
            keys.push(Arc::new(key));
        }
        let first = match keys.first() {
            Some(first) => Arc::clone(first),
            None => {
                let first = Arc::new(Key::generate()?);
                first.keep(dir, 0)?;
                keys.push(Arc::clone(&first));
                first
            }
        };
        Ok(Self {
            dir: dir.map(Path::to_owned),
            first_id: first.id.clone(),
            keys: RwLock::new(keys),
            is_down: AtomicBool::new(false),
        })
    }

    pub(super) fn first_id(&self) -> &str {
        &self.first_id
    }

    /// Makes a further key and answers its id.
    pub(super) fn add_key(&self) -> Result<String, String> {
        let key = Arc::new(Key::generate()?);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        key.keep(self.dir.as_deref(), keys.len())?;
        keys.push(Arc::clone(&key));
        Ok(key.id.clone())
    }

    /// Lets every call fail as in an outage, or ends the outage.
    pub(super) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// One call, by its name on the wire; `None` for a name that is not served.
    pub(super) fn call(&self, operation: &str, request: &Value) -> Option<Result<Value, Refusal>> {
        let answer: fn(&Key, &Value) -> Result<Value, Refusal> = match operation {
            "Sign" => Key::sign,
            "GetPublicKey" => |key, _| Ok(key.public_key()),
            "DescribeKey" => |key, _| Ok(key.describe()),
            _ => return None,
        };
        if self.is_down.load(Ordering::SeqCst) {
            return Some(Err(Refusal { status: 500, ..Refusal::new("KMSInternalException", "an outage") }));
        }
        Some(self.find(request).and_then(|key| answer(&key, request)))
    }

    /// By id or by ARN; aliases are not kept here.
    fn find(&self, request: &Value) -> Result<Arc<Key>, Refusal> {
        let name = text(request, "KeyId").ok_or_else(|| Refusal::new("ValidationException", "KeyId is missing."))?;
        let found = self.keys().iter().find(|key| name == key.id || name == key.arn()).cloned();
        found.ok_or_else(|| Refusal::new("NotFoundException", &format!("Key '{name}' does not exist")))
    }

    fn keys(&self) -> RwLockReadGuard<'_, Vec<Arc<Key>>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text<'a>(request: &'a Value, field: &str) -> Option<&'a str> {
    request.get(field).and_then(Value::as_str)
}

fn file(dir: &Path, index: usize) -> PathBuf {
    dir.join(format!("k{}.pk8", index + 1))
}

impl Key {
    fn generate() -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "a signing key is the one thing here that no test may choose")]
        let random = SystemRandom::new();
        let mut scalar = [0; 32];
        random.fill(&mut scalar).map_err(|_| "the machine has no randomness")?;
        // A number past the curve's order (one in 2^32) is refused, and the start with it.
        Self::new(SigningKey::from_slice(&scalar).map_err(|error| format!("no key could be made: {error}"))?)
    }

    /// The id comes from the public key, so that it is the same in every run.
    fn new(signing: SigningKey) -> Result<Self, String> {
        let public = signing.verifying_key().to_public_key_der().map_err(|error| error.to_string())?.into_vec();
        let hash = HEXLOWER.encode(Sha256::digest(&public).as_slice());
        let id = [&hash[..8], &hash[8..12], &hash[12..16], &hash[16..20], &hash[20..32]].join("-");
        Ok(Self { id, signing, public })
    }

    fn read(path: &Path) -> Result<Option<Self>, String> {
        let failed = |error: String| format!("{}: {error}", path.display());
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        let signing = SigningKey::from_pkcs8_der(&bytes).map_err(|error| failed(error.to_string()))?;
        Self::new(signing).map(Some)
    }

    /// Writes the key to a file that only its owner may read, and never over another one.
    fn keep(&self, dir: Option<&Path>, index: usize) -> Result<(), String> {
        let Some(path) = dir.map(|dir| file(dir, index)) else {
            return Ok(());
        };
        let failed = |error: String| format!("{}: {error}", path.display());
        let document = self.signing.to_pkcs8_der().map_err(|error| failed(error.to_string()))?;
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        opened.and_then(|mut file| file.write_all(document.as_bytes())).map_err(|error| failed(error.to_string()))
    }

    fn arn(&self) -> String {
        format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", self.id)
    }

    fn sign(&self, request: &Value) -> Result<Value, Refusal> {
        let invalid = |message: &str| Refusal::new("ValidationException", message);
        match text(request, "SigningAlgorithm") {
            Some(ALGORITHM) => {}
            Some(other) => {
                let message = format!("Algorithm {other} and key spec {KEY_SPEC} are incompatible.");
                return Err(Refusal::new("InvalidKeyUsageException", &message));
            }
            None => return Err(invalid("SigningAlgorithm is missing.")),
        }
        if text(request, "MessageType") != Some("DIGEST") {
            return Err(invalid("MessageType must be DIGEST: this double signs no raw message."));
        }
        let message = text(request, "Message").ok_or_else(|| invalid("Message is missing."))?;
        let digest = BASE64.decode(message.as_bytes()).map_err(|_| invalid("Message is not base64."))?;
        if digest.len() != 32 {
            return Err(invalid(&format!("Digest is invalid length for algorithm {ALGORITHM}.")));
        }
        let signature: DerSignature = self
            .signing
            .sign_prehash(&digest)
            .map_err(|error| Refusal { status: 500, ..Refusal::new("KMSInternalException", &error.to_string()) })?;
        let signature = BASE64.encode(signature.as_bytes());
        Ok(json!({"KeyId": self.arn(), "Signature": signature, "SigningAlgorithm": ALGORITHM}))
    }

    fn public_key(&self) -> Value {
        json!({
            "KeyId": self.arn(),
            "PublicKey": BASE64.encode(&self.public),
            "KeySpec": KEY_SPEC,
            "CustomerMasterKeySpec": KEY_SPEC,
            "KeyUsage": KEY_USAGE,
            "SigningAlgorithms": [ALGORITHM],
        })
    }

    fn describe(&self) -> Value {
        json!({"KeyMetadata": {
            "AWSAccountId": ACCOUNT,
            "Arn": self.arn(),
            "CustomerMasterKeySpec": KEY_SPEC,
            "Enabled": true,
            "KeyId": self.id,
            "KeyManager": "CUSTOMER",
            "KeySpec": KEY_SPEC,
            "KeyState": "Enabled",
            "KeyUsage": KEY_USAGE,
            "MultiRegion": false,
            "Origin": "AWS_KMS",
            "SigningAlgorithms": [ALGORITHM],
        }})
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::hazmat::PrehashVerifier;
    use p256::pkcs8::DecodePublicKey;

    use super::*;

    fn request(key: &str, digest: &[u8]) -> Value {
        let message = BASE64.encode(digest);
        json!({"KeyId": key, "Message": message, "MessageType": "DIGEST", "SigningAlgorithm": ALGORITHM})
    }

    fn refused(keys: &Keys, request: &Value) -> String {
        let refusal = keys.call("Sign", request).unwrap().unwrap_err();
        refusal.body["__type"].as_str().unwrap().to_owned()
    }

    fn bytes(answer: &Value, field: &str) -> Vec<u8> {
        BASE64.decode(answer[field].as_str().unwrap().as_bytes()).unwrap()
    }

    #[test]
    fn a_signature_verifies_under_the_public_key() {
        let keys = Keys::open(None).unwrap();
        let digest = Sha256::digest(b"a message");
        let signed = keys.call("Sign", &request(keys.first_id(), digest.as_slice())).unwrap().unwrap();
        let public = keys.call("GetPublicKey", &json!({"KeyId": signed["KeyId"]})).unwrap().unwrap();
        let key = VerifyingKey::from_public_key_der(&bytes(&public, "PublicKey")).unwrap();
        let signature = DerSignature::from_bytes(&bytes(&signed, "Signature")).unwrap();
        key.verify_prehash(digest.as_slice(), &signature).unwrap();
        assert_eq!(public["KeySpec"], "ECC_NIST_P256");
        let described = keys.call("DescribeKey", &json!({"KeyId": keys.first_id()})).unwrap().unwrap();
        assert_eq!(described["KeyMetadata"]["Arn"], signed["KeyId"]);
    }

    #[test]
    fn what_kms_refuses_is_refused() {
        let keys = Keys::open(None).unwrap();
        let good = request(keys.first_id(), &[7; 32]);
        let with = |field: &str, value: &str| {
            let mut request = good.clone();
            request[field] = value.into();
            request
        };
        assert_eq!(refused(&keys, &with("MessageType", "RAW")), "ValidationException");
        assert_eq!(refused(&keys, &with("SigningAlgorithm", "ECDSA_SHA_384")), "InvalidKeyUsageException");
        assert_eq!(refused(&keys, &with("KeyId", "another")), "NotFoundException");
        assert_eq!(refused(&keys, &request(keys.first_id(), &[7; 31])), "ValidationException");
        assert!(keys.call("Decrypt", &good).is_none());
    }

    #[test]
    fn keys_outlive_a_run_in_files_of_their_owner_alone() {
        let dir = std::env::temp_dir().join(format!("agentkeys-kms-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let keys = Keys::open(Some(&dir)).unwrap();
        let second = keys.add_key().unwrap();
        let again = Keys::open(Some(&dir)).unwrap();
        assert_eq!(again.first_id(), keys.first_id());
        assert!(again.call("GetPublicKey", &json!({"KeyId": second})).unwrap().is_ok());
        let mode = std::fs::metadata(dir.join("k2.pk8")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
