//! The mails in English.

use super::{about_a_new_address, before_a_tokens_end, to_a_known_address, to_sign_in, to_verify};

#[tokio::test]
async fn sign_up() {
    let mail = to_verify("en").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: Confirm your e-mail address for AgentKeys

    Hello Sunny & <b>Co</b>,

    You signed up Sunny & <b>Co</b> at the AgentKeys Vendor Portal. Confirm this address to go on: terms, payment, your vendor token, and your first device.

    Confirm this address
    https://portal.example/verify-email?token=SECRET

    The link works once and for 24 hours. Opening it confirms nothing yet; a button on the page does.

    If this wasn't you, do nothing: without the link nobody can use your address.

    --
    AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.

    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Confirm your e-mail address for AgentKeys</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Hello Sunny &#38; &#60;b&#62;Co&#60;/b&#62;,</p>
    <p style="margin:0 0 24px">You signed up Sunny &#38; &#60;b&#62;Co&#60;/b&#62; at the AgentKeys Vendor Portal. Confirm this address to go on: terms, payment, your vendor token, and your first device.</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/verify-email?token=SECRET" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">Confirm this address</a></p>
    <p style="margin:0 0 24px">The link works once and for 24 hours. Opening it confirms nothing yet; a button on the page does.</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">If the button does not work, copy this address into your browser:<br><a href="https://portal.example/verify-email?token=SECRET" style="color:#1f4fd8;word-break:break-all">https://portal.example/verify-email?token=SECRET</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">If this wasn&#39;t you, do nothing: without the link nobody can use your address.</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn sign_in() {
    let mail = to_sign_in("en").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: Your sign-in link for AgentKeys

    Hello Sunny & <b>Co</b>,

    Somebody, we think you, asked to sign in as Sunny & <b>Co</b> at the AgentKeys Vendor Portal.

    Sign in
    https://portal.example/sign-in?token=SECRET

    The link works once, for 10 minutes, and only in the browser that asked for it.

    If this wasn't you, do nothing: the link opens only in the browser that asked. Nobody needs your help to keep your account safe.

    --
    AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.

    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Your sign-in link for AgentKeys</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Hello Sunny &#38; &#60;b&#62;Co&#60;/b&#62;,</p>
    <p style="margin:0 0 24px">Somebody, we think you, asked to sign in as Sunny &#38; &#60;b&#62;Co&#60;/b&#62; at the AgentKeys Vendor Portal.</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/sign-in?token=SECRET" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">Sign in</a></p>
    <p style="margin:0 0 24px">The link works once, for 10 minutes, and only in the browser that asked for it.</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">If the button does not work, copy this address into your browser:<br><a href="https://portal.example/sign-in?token=SECRET" style="color:#1f4fd8;word-break:break-all">https://portal.example/sign-in?token=SECRET</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">If this wasn&#39;t you, do nothing: the link opens only in the browser that asked. Nobody needs your help to keep your account safe.</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn known_address() {
    let mail = to_a_known_address("en").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: You already have an AgentKeys account

    Hello Sunny & <b>Co</b>,

    Somebody tried to sign up with this address at the AgentKeys Vendor Portal. It belongs to Sunny & <b>Co</b> already, and nothing was changed.

    Open the portal
    https://portal.example/docs

    To get in, ask for a sign-in link with this address.

    If this wasn't you, do nothing.

    --
    AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.

    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>You already have an AgentKeys account</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Hello Sunny &#38; &#60;b&#62;Co&#60;/b&#62;,</p>
    <p style="margin:0 0 24px">Somebody tried to sign up with this address at the AgentKeys Vendor Portal. It belongs to Sunny &#38; &#60;b&#62;Co&#60;/b&#62; already, and nothing was changed.</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/docs" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">Open the portal</a></p>
    <p style="margin:0 0 24px">To get in, ask for a sign-in link with this address.</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">If the button does not work, copy this address into your browser:<br><a href="https://portal.example/docs" style="color:#1f4fd8;word-break:break-all">https://portal.example/docs</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">If this wasn&#39;t you, do nothing.</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn token_expiry() {
    let mail = before_a_tokens_end("en").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: Your AgentKeys vendor token ends on ENDS

    Hello Sunny & <b>Co</b>,

    The vendor token firmware 1.0 (TOKEN) of Sunny & <b>Co</b> ends on ENDS. From then on, devices and servers that carry it are refused: no new registrations and no new caps.

    How to rotate it
    https://portal.example/docs

    Rotate it before: the new token works at once, and the old one stays valid for 24 hours, or up to a week if you say so, while your devices move over. The portal's list of tokens names who still uses the old one.

    Nothing else changes: devices that are registered keep their identities. If you don't use this token any more, do nothing, or revoke it.

    --
    AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.

    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Your AgentKeys vendor token ends on ENDS</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Hello Sunny &#38; &#60;b&#62;Co&#60;/b&#62;,</p>
    <p style="margin:0 0 24px">The vendor token firmware 1.0 (TOKEN) of Sunny &#38; &#60;b&#62;Co&#60;/b&#62; ends on ENDS. From then on, devices and servers that carry it are refused: no new registrations and no new caps.</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/docs" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">How to rotate it</a></p>
    <p style="margin:0 0 24px">Rotate it before: the new token works at once, and the old one stays valid for 24 hours, or up to a week if you say so, while your devices move over. The portal&#39;s list of tokens names who still uses the old one.</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">If the button does not work, copy this address into your browser:<br><a href="https://portal.example/docs" style="color:#1f4fd8;word-break:break-all">https://portal.example/docs</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">Nothing else changes: devices that are registered keep their identities. If you don&#39;t use this token any more, do nothing, or revoke it.</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn new_address() {
    let mail = about_a_new_address("en").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: Your AgentKeys vendor token was used from a new address

    Hello Sunny & <b>Co</b>,

    The vendor token firmware 1.0 (TOKEN) of Sunny & <b>Co</b> was used from 127.0.0.8, which it was never used from before. That was at AT, by a program that calls itself “curl/8.5.0”.

    What to do if it wasn't you
    https://portal.example/docs

    If you have just moved a server, or shipped devices that carry the token, this is expected. We write at most once an hour for each token; your audit log has every new address.

    If you don't know this address, rotate the token now and end the old one at once (revoke_previous). Nobody can use it 30 seconds later.

    --
    AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.

    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Your AgentKeys vendor token was used from a new address</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Hello Sunny &#38; &#60;b&#62;Co&#60;/b&#62;,</p>
    <p style="margin:0 0 24px">The vendor token firmware 1.0 (TOKEN) of Sunny &#38; &#60;b&#62;Co&#60;/b&#62; was used from 127.0.0.8, which it was never used from before. That was at AT, by a program that calls itself “curl/8.5.0”.</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/docs" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">What to do if it wasn&#39;t you</a></p>
    <p style="margin:0 0 24px">If you have just moved a server, or shipped devices that carry the token, this is expected. We write at most once an hour for each token; your audit log has every new address.</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">If the button does not work, copy this address into your browser:<br><a href="https://portal.example/docs" style="color:#1f4fd8;word-break:break-all">https://portal.example/docs</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">If you don&#39;t know this address, rotate the token now and end the old one at once (revoke_previous). Nobody can use it 30 seconds later.</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys, the authority layer for AI devices. This mail was sent because somebody gave this address at https://portal.example.</p>
    </body>
    </html>
    "#);
}
