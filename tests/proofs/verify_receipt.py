"""Verifies a binding receipt with nothing but the published keys, as a third party would.

    python3 verify_receipt.py JWKS_FILE RECEIPT

JWKS_FILE holds the body of /.well-known/jwks.json. Prints the receipt's claims as JSON and ends with 0; for a receipt
that proves nothing it says why and ends with 1. Needs PyJWT with its cryptography (pip install 'PyJWT[crypto]').
"""

import json
import sys

try:
    import jwt
    from jwt.algorithms import ECAlgorithm
except ImportError:
    sys.exit("PyJWT is missing. `cargo xtask test` installs it; or: pip install 'PyJWT[crypto]'")

# The lives of certificate and receipt are compared with each other, not with today: a receipt is valid for ever.
TIMELESS = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}


class Refused(Exception):
    """The receipt proves nothing."""


def key_of(jwk):
    """The public key in a JWK."""
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise Refused("a key is not on the curve P-256")
    return ECAlgorithm.from_jwk(json.dumps(jwk))


def decode(token, typ, key, required):
    """Header and claims of a JWS of this type that this key signed."""
    options = {**TIMELESS, "require": required}
    complete = jwt.decode_complete(token, key, algorithms=["ES256"], options=options)
    if complete["header"].get("typ") != typ:
        raise Refused(f"a JWS is not of the type {typ}")
    return complete["payload"]


def verify(receipt, jwks):
    """The claims of a receipt that holds."""
    certificate = jwt.get_unverified_header(receipt).get("k1_cert")
    if not isinstance(certificate, str):
        raise Refused("the receipt carries no certificate")
    kid = jwt.get_unverified_header(certificate).get("kid")
    k1 = next((key for key in jwks["keys"] if key["kid"] == kid), None)
    if k1 is None:
        raise Refused("the certificate's key is not published")
    certified = decode(certificate, "agentkeys-key+jwt", key_of(k1), ["iss", "cnf", "use", "iat", "exp"])
    if "receipt" not in certified["use"]:
        raise Refused("the certified key is not for receipts")
    names = ["iss", "sub", "vendor_id", "device_id", "user_omni", "binding_id", "generation", "iat"]
    claims = decode(receipt, "agentkeys-binding+jwt", key_of(certified["cnf"]["jwk"]), names)
    if claims["iss"] != certified["iss"]:
        raise Refused("receipt and certificate have different issuers")
    if not certified["iat"] <= claims["iat"] <= certified["exp"]:
        raise Refused("the receipt was not made within its certificate's life")
    return claims


def main():
    """Reads, verifies, prints."""
    _, jwks_file, receipt = sys.argv
    with open(jwks_file, encoding="utf-8") as file:
        jwks = json.load(file)
    try:
        claims = verify(receipt, jwks)
    except (Refused, jwt.PyJWTError) as error:
        sys.exit(f"refused: {error}")
    print(json.dumps(claims))


if __name__ == "__main__":
    main()
