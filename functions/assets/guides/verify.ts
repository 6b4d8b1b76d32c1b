// npm install jose
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from "jose";

const portal = process.argv[2] ?? ""; // https://portal.agentkeys.example
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", portal), { cacheMaxAge: 300_000 });

/** The claims of a vendor or service token; throws where it does not hold. */
async function verify(token: string): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ["ES256"],
    typ: "JWT", // a receipt or a cap is no vendor token
    audience: "agentkeys",
    issuer: portal,
    clockTolerance: 60,
    requiredClaims: ["exp", "nbf", "sub", "jti", "scope"],
  });
  return payload;
}

const claims = await verify(process.argv[3] ?? "");
console.log(claims.sub, claims.jti, claims["scope"]);
