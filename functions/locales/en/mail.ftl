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
