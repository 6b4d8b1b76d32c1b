"""A reference gate before an MCP server: may this cap do this? Knows the published keys and the revoked list, asks nobody.

    python3 mcp_gate.py < CASES

CASES is a JSON object: `issuer` (the portal's URL, which the gate is set up with), `jwks` (the body of
/.well-known/jwks.json), `revoked` (all entries of /v1/caps/revoked), `now` (Unix seconds) and `asked`, a list of
{"cap", "actor_omni", "op", "data_class", "namespace"}. Prints a list of verdicts in order, `allowed` or `refused: why`.
Needs PyJWT with its cryptography (pip install 'PyJWT[crypto]').
"""

import base64
import hashlib
import json
import sys

try:
    import jwt
    from jwt.algorithms import ECAlgorithm
except ImportError:
    sys.exit("PyJWT is missing. `cargo xtask test` installs it; or: pip install 'PyJWT[crypto]'")

AUDIENCE = "agentkeys-mcp"
# How long a cap and a certificate may live, and how far the portal's clock may be ahead, in seconds.
CAP_SECONDS, CERTIFICATE_SECONDS, LEEWAY = 300, 3600, 60
# PyJWT compares with the machine's clock; the gate is told the time, so it compares by itself.
BY_HAND = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
CAP_CLAIMS = ["iss", "aud", "sub", "operator_omni", "vendor_id", "op", "data_class", "namespaces_allowed", "jti", "iat", "exp"]


class Refused(Exception):
    """The cap does not allow this."""


def check(holds, why):
    if not holds:
        raise Refused(why)


def key_of(jwk):
    """The public key in a JWK of the one kind there is."""
    check((jwk.get("kty"), jwk.get("crv")) == ("EC", "P-256"), "a key is not on the curve P-256")
    return ECAlgorithm.from_jwk(json.dumps(jwk))


def thumbprint(jwk):
    """RFC 7638."""
    members = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).rstrip(b"=").decode()


def decode(token, typ, key, required, audience=None):
    """The claims of a JWS of this type that this key signed, by ES256 and nothing else."""
    options = {**BY_HAND, "require": required, "verify_aud": audience is not None}
    complete = jwt.decode_complete(token, key, algorithms=["ES256"], options=options, audience=audience)
    check(complete["header"].get("typ") == typ, f"not of the type {typ}")
    return complete["payload"]


def is_time(*values):
    return all(type(value) is int for value in values)


def certified_key(cap, gate):
    """The claims of the certificate in a cap's header, and the key that it certifies."""
    header = jwt.get_unverified_header(cap)
    certificate = header.get("k1_cert")
    check(isinstance(certificate, str), "no certificate")
    kid = jwt.get_unverified_header(certificate).get("kid")
    k1 = next((key for key in gate["jwks"]["keys"] if key["kid"] == kid), None)
    check(k1 is not None, "the certificate's key is not published")
    claims = decode(certificate, "agentkeys-key+jwt", key_of(k1), ["iss", "cnf", "use", "iat", "exp"])
    check(claims["iss"] == gate["issuer"], "a certificate of another portal")
    check(isinstance(claims["use"], list) and "cap" in claims["use"], "the certified key is not for caps")
    check(is_time(claims["iat"], claims["exp"]), "a certificate without times")
    check(0 < claims["exp"] - claims["iat"] <= CERTIFICATE_SECONDS, "a certificate that lives too long")
    check(header.get("kid") == thumbprint(claims["cnf"]["jwk"]), "signed by another key than the certified one")
    return claims, key_of(claims["cnf"]["jwk"])


def claims_of(cap, gate):
    """The claims of a cap that is genuine, alive and not revoked."""
    certificate, key = certified_key(cap, gate)
    claims = decode(cap, "agentkeys-cap+jwt", key, CAP_CLAIMS, AUDIENCE)
    check(claims["iss"] == gate["issuer"], "a cap of another portal")
    check(is_time(claims["iat"], claims["exp"]), "a cap without times")
    check(certificate["iat"] <= claims["iat"] < certificate["exp"], "not made within its certificate's life")
    check(0 < claims["exp"] - claims["iat"] <= CAP_SECONDS, "lives too long")
    check(claims["iat"] <= gate["now"] + LEEWAY, "not valid yet")
    check(gate["now"] < claims["exp"], "expired")
    for entry in gate["revoked"]:
        if entry["vendor_id"] == claims["vendor_id"]:
            check(entry.get("cap_id") != claims["jti"], "the cap is revoked")
            check(entry.get("actor_omni") != claims["sub"], "the actor is released")
    return claims


def judge(asked, gate):
    """Deny by default: everything that is asked for must be in the cap by name."""
    try:
        claims = claims_of(asked["cap"], gate)
        check(claims["sub"] == asked["actor_omni"], "for another actor")
        check(claims["op"] == asked["op"], "for another operation")
        check(claims["data_class"] == asked["data_class"], "for other data")
        namespaces = claims["namespaces_allowed"]
        check(isinstance(namespaces, list) and asked["namespace"] in namespaces, "not in this namespace")
    except Refused as error:
        return f"refused: {error}"
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        return f"refused: {type(error).__name__}: {error}"
    return "allowed"


def main():
    """Reads, judges, prints."""
    gate = json.load(sys.stdin)
    print(json.dumps([judge(asked, gate) for asked in gate["asked"]]))


if __name__ == "__main__":
    main()
