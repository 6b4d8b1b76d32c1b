page-product = AgentKeys Vendor Portal
page-docs = API explorer
page-terms = Terms

page-verify-title = Confirm your e-mail address
page-verify-lead = One click and this address is yours.
page-verify-button = Confirm and sign in
page-verify-done-title = Your address is confirmed
page-verify-done-lead = You are signed in on this browser. What is left until your first device:

page-sign-in-title = Sign in
page-sign-in-lead = One click and you are in.
page-sign-in-button = Sign in
page-sign-in-done-title = You are signed in
page-sign-in-done-lead = Until your first device there is this to do:

page-refused-title = This link does not work
page-refused-lead = It is unknown, expired or used already, or it was opened in another browser than the one that asked for it. Ask for a new one; it takes a minute.
page-failed-title = Something is out of order
page-failed-lead = We could not finish this. Your link is still good: try again in a minute.

page-step-verify-email = Confirm the e-mail address
page-step-accept-terms = Accept the terms
page-step-connect-payment = Connect a payment method
page-step-issue-token = Issue the vendor token
page-step-register-device = Register the first device
page-status-done = done
page-status-todo = next
page-status-blocked = later
