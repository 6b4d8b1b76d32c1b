//! The mails in Simplified Chinese.

use super::{about_a_new_address, before_a_tokens_end, to_a_known_address, to_sign_in, to_verify};

#[tokio::test]
async fn sign_up() {
    let mail = to_verify("zh-CN").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: 请确认您的 AgentKeys 邮箱地址

    Sunny & <b>Co</b>，您好：

    您在 AgentKeys 厂商门户注册了「Sunny & <b>Co</b>」。请确认此邮箱以继续：接受条款、绑定付款方式、获取厂商令牌、注册第一台设备。

    确认此邮箱
    https://portal.example/verify-email?token=SECRET

    链接仅可使用一次，24 小时内有效。打开链接并不会立即确认，需点击页面上的按钮。

    如果不是您本人操作，请忽略此邮件：没有此链接，任何人都无法使用您的邮箱。

    --
    AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。

    <!doctype html>
    <html lang="zh-CN">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>请确认您的 AgentKeys 邮箱地址</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Sunny &#38; &#60;b&#62;Co&#60;/b&#62;，您好：</p>
    <p style="margin:0 0 24px">您在 AgentKeys 厂商门户注册了「Sunny &#38; &#60;b&#62;Co&#60;/b&#62;」。请确认此邮箱以继续：接受条款、绑定付款方式、获取厂商令牌、注册第一台设备。</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/verify-email?token=SECRET" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">确认此邮箱</a></p>
    <p style="margin:0 0 24px">链接仅可使用一次，24 小时内有效。打开链接并不会立即确认，需点击页面上的按钮。</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">如果按钮无法使用，请将以下地址复制到浏览器中打开：<br><a href="https://portal.example/verify-email?token=SECRET" style="color:#1f4fd8;word-break:break-all">https://portal.example/verify-email?token=SECRET</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">如果不是您本人操作，请忽略此邮件：没有此链接，任何人都无法使用您的邮箱。</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn sign_in() {
    let mail = to_sign_in("zh-CN").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: 您的 AgentKeys 登录链接

    Sunny & <b>Co</b>，您好：

    有人（应该是您）请求以「Sunny & <b>Co</b>」的身份登录 AgentKeys 厂商门户。

    登录
    https://portal.example/sign-in?token=SECRET

    链接仅可使用一次，10 分钟内有效，并且只能在发起请求的浏览器中打开。

    如果不是您本人操作，请忽略此邮件：链接只能在发起请求的浏览器中打开，您的账户是安全的。

    --
    AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。

    <!doctype html>
    <html lang="zh-CN">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>您的 AgentKeys 登录链接</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Sunny &#38; &#60;b&#62;Co&#60;/b&#62;，您好：</p>
    <p style="margin:0 0 24px">有人（应该是您）请求以「Sunny &#38; &#60;b&#62;Co&#60;/b&#62;」的身份登录 AgentKeys 厂商门户。</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/sign-in?token=SECRET" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">登录</a></p>
    <p style="margin:0 0 24px">链接仅可使用一次，10 分钟内有效，并且只能在发起请求的浏览器中打开。</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">如果按钮无法使用，请将以下地址复制到浏览器中打开：<br><a href="https://portal.example/sign-in?token=SECRET" style="color:#1f4fd8;word-break:break-all">https://portal.example/sign-in?token=SECRET</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">如果不是您本人操作，请忽略此邮件：链接只能在发起请求的浏览器中打开，您的账户是安全的。</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn known_address() {
    let mail = to_a_known_address("zh-CN").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: 您已拥有 AgentKeys 账户

    Sunny & <b>Co</b>，您好：

    有人尝试用此邮箱在 AgentKeys 厂商门户注册。此邮箱已属于「Sunny & <b>Co</b>」，未作任何更改。

    打开门户
    https://portal.example/docs

    如需登录，请用此邮箱请求登录链接。

    如果不是您本人操作，请忽略此邮件。

    --
    AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。

    <!doctype html>
    <html lang="zh-CN">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>您已拥有 AgentKeys 账户</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Sunny &#38; &#60;b&#62;Co&#60;/b&#62;，您好：</p>
    <p style="margin:0 0 24px">有人尝试用此邮箱在 AgentKeys 厂商门户注册。此邮箱已属于「Sunny &#38; &#60;b&#62;Co&#60;/b&#62;」，未作任何更改。</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/docs" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">打开门户</a></p>
    <p style="margin:0 0 24px">如需登录，请用此邮箱请求登录链接。</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">如果按钮无法使用，请将以下地址复制到浏览器中打开：<br><a href="https://portal.example/docs" style="color:#1f4fd8;word-break:break-all">https://portal.example/docs</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">如果不是您本人操作，请忽略此邮件。</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn token_expiry() {
    let mail = before_a_tokens_end("zh-CN").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: 您的 AgentKeys 厂商令牌将于 ENDS 到期

    Sunny & <b>Co</b>，您好：

    「Sunny & <b>Co</b>」的厂商令牌 firmware 1.0 (TOKEN) 将于 ENDS 到期。到期后，携带该令牌的设备和服务器将被拒绝：无法注册新设备，也无法签发新的能力令牌。

    了解如何轮换
    https://portal.example/docs

    请提前轮换：新令牌立即生效，旧令牌默认保留 24 小时（最长可设为一周），供您的设备逐步切换。门户的令牌列表会显示仍在使用旧令牌的地址。

    其他一切不变：已注册设备的身份保持不变。如果您已不再使用此令牌，可忽略此邮件或将其吊销。

    --
    AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。

    <!doctype html>
    <html lang="zh-CN">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>您的 AgentKeys 厂商令牌将于 ENDS 到期</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Sunny &#38; &#60;b&#62;Co&#60;/b&#62;，您好：</p>
    <p style="margin:0 0 24px">「Sunny &#38; &#60;b&#62;Co&#60;/b&#62;」的厂商令牌 firmware 1.0 (TOKEN) 将于 ENDS 到期。到期后，携带该令牌的设备和服务器将被拒绝：无法注册新设备，也无法签发新的能力令牌。</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/docs" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">了解如何轮换</a></p>
    <p style="margin:0 0 24px">请提前轮换：新令牌立即生效，旧令牌默认保留 24 小时（最长可设为一周），供您的设备逐步切换。门户的令牌列表会显示仍在使用旧令牌的地址。</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">如果按钮无法使用，请将以下地址复制到浏览器中打开：<br><a href="https://portal.example/docs" style="color:#1f4fd8;word-break:break-all">https://portal.example/docs</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">其他一切不变：已注册设备的身份保持不变。如果您已不再使用此令牌，可忽略此邮件或将其吊销。</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。</p>
    </body>
    </html>
    "#);
}

#[tokio::test]
async fn new_address() {
    let mail = about_a_new_address("zh-CN").await;
    insta::assert_snapshot!(mail, @r#"
    from: AgentKeys <portal@agentkeys.example>
    to: vendor@example.com
    subject: 您的 AgentKeys 厂商令牌在新地址被使用

    Sunny & <b>Co</b>，您好：

    「Sunny & <b>Co</b>」的厂商令牌 firmware 1.0 (TOKEN) 于 AT 从 127.0.0.8 被使用，此前从未在该地址使用过。调用程序自称为“curl/8.5.0”。

    如果不是您本人操作
    https://portal.example/docs

    如果您刚刚迁移了服务器，或出货了携带该令牌的设备，这属于正常情况。每个令牌每小时最多发送一封邮件；审计日志中有全部新地址。

    如果您不认识该地址，请立即轮换令牌并同时终止旧令牌（revoke_previous）。30 秒后任何人都无法再使用它。

    --
    AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。

    <!doctype html>
    <html lang="zh-CN">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>您的 AgentKeys 厂商令牌在新地址被使用</title>
    </head>
    <body style="margin:0;padding:32px 16px;background:#f4f5f7;color:#1b2430;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans SC',sans-serif">
    <div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
    <p style="margin:0 0 16px">Sunny &#38; &#60;b&#62;Co&#60;/b&#62;，您好：</p>
    <p style="margin:0 0 24px">「Sunny &#38; &#60;b&#62;Co&#60;/b&#62;」的厂商令牌 firmware 1.0 (TOKEN) 于 AT 从 127.0.0.8 被使用，此前从未在该地址使用过。调用程序自称为“curl/8.5.0”。</p>
    <p style="margin:0 0 24px"><a href="https://portal.example/docs" style="display:inline-block;padding:12px 24px;border-radius:8px;background:#1f4fd8;color:#ffffff;text-decoration:none;font-weight:600">如果不是您本人操作</a></p>
    <p style="margin:0 0 24px">如果您刚刚迁移了服务器，或出货了携带该令牌的设备，这属于正常情况。每个令牌每小时最多发送一封邮件；审计日志中有全部新地址。</p>
    <p style="margin:0 0 8px;color:#5a6472;font-size:14px">如果按钮无法使用，请将以下地址复制到浏览器中打开：<br><a href="https://portal.example/docs" style="color:#1f4fd8;word-break:break-all">https://portal.example/docs</a></p>
    <p style="margin:24px 0 0;color:#5a6472;font-size:14px">如果您不认识该地址，请立即轮换令牌并同时终止旧令牌（revoke_previous）。30 秒后任何人都无法再使用它。</p>
    </div>
    <p style="max-width:520px;margin:16px auto 0;color:#5a6472;font-size:13px">AgentKeys，AI 设备的授权层。有人在 https://portal.example 填写了此邮箱，因此您收到这封邮件。</p>
    </body>
    </html>
    "#);
}
