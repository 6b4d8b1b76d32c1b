mail-greeting = Hello { $name },
mail-footer = AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at { $portal }.
mail-link-plain = If the button does not work, copy this address into your browser:

mail-verify-subject = Confirm your e-mail address for AgentKeys
mail-verify-lead = You signed up { $name } at the AgentKeys Vendor Portal. Confirm this address to go on: terms, payment, your vendor token, and your first device.
mail-verify-button = Confirm this address
mail-verify-note = The link works once and for 24 hours. Opening it confirms nothing yet; a button on the page does.
mail-verify-ignore = If this wasn't you, do nothing: without the link nobody can use your address.

mail-sign-in-subject = Your sign-in link for AgentKeys
mail-sign-in-lead = Somebody, we think you, asked to sign in as { $name } at the AgentKeys Vendor Portal.
mail-sign-in-button = Sign in
mail-sign-in-note = The link works once, for 10 minutes, and only in the browser that asked for it.
mail-sign-in-ignore = If this wasn't you, do nothing: the link opens only in the browser that asked. Nobody needs your help to keep your account safe.

mail-known-subject = You already have an AgentKeys account
mail-known-lead = Somebody tried to sign up with this address at the AgentKeys Vendor Portal. It belongs to { $name } already, and nothing was changed.
mail-known-button = Open the portal
mail-known-note = To get in, ask for a sign-in link with this address.
mail-known-ignore = If this wasn't you, do nothing.

mail-token-expiry-subject = Your AgentKeys vendor token ends on { $ends }
mail-token-expiry-lead = The vendor token { $token } of { $name } ends on { $ends }. From then on, devices and servers that carry it are refused: no new registrations and no new caps.
mail-token-expiry-button = How to rotate it
mail-token-expiry-note = Rotate it before: the new token works at once, and the old one stays valid for 24 hours, or up to a week if you say so, while your devices move over. The portal's list of tokens names who still uses the old one.
mail-token-expiry-ignore = Nothing else changes: devices that are registered keep their identities. If you don't use this token any more, do nothing, or revoke it.

mail-new-address-subject = Your AgentKeys vendor token was used from a new address
mail-new-address-lead = The vendor token { $token } of { $name } was used from { $address }, which it was never used from before. That was at { $at }, by a program that calls itself “{ $agent }”.
mail-new-address-button = What to do if it wasn't you
mail-new-address-note = If you have just moved a server, or shipped devices that carry the token, this is expected. We write at most once an hour for each token; your audit log has every new address.
mail-new-address-ignore = If you don't know this address, rotate the token now and end the old one at once (revoke_previous). Nobody can use it 30 seconds later.
