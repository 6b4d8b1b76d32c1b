# pip install "pyjwt[crypto]"
import sys

import jwt

PORTAL = sys.argv[1]  # https://portal.agentkeys.example
keys = jwt.PyJWKClient(f"{PORTAL}/.well-known/jwks.json", lifespan=300)


def verify(token):
    """The claims of a vendor or service token, or an exception that says why not."""
    header = jwt.get_unverified_header(token)
    if header.get("typ") != "JWT":
        raise jwt.InvalidTokenError("a receipt or a cap is no vendor token")
    return jwt.decode(
        token,
        keys.get_signing_key(header["kid"]).key,
        algorithms=["ES256"],
        audience="agentkeys",
        issuer=PORTAL,
        leeway=60,
        options={"require": ["exp", "nbf", "sub", "jti", "scope"]},
    )


claims = verify(sys.argv[2])
print(claims["sub"], claims["jti"], claims["scope"])
