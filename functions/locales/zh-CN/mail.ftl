mail-greeting = { $name }，您好：
mail-footer = AgentKeys，AI 设备的授权层。有人在 { $portal } 填写了此邮箱，因此您收到这封邮件。
mail-link-plain = 如果按钮无法使用，请将以下地址复制到浏览器中打开：

mail-verify-subject = 请确认您的 AgentKeys 邮箱地址
mail-verify-lead = 您在 AgentKeys 厂商门户注册了「{ $name }」。请确认此邮箱以继续：接受条款、绑定付款方式、获取厂商令牌、注册第一台设备。
mail-verify-button = 确认此邮箱
mail-verify-note = 链接仅可使用一次，24 小时内有效。打开链接并不会立即确认，需点击页面上的按钮。
mail-verify-ignore = 如果不是您本人操作，请忽略此邮件：没有此链接，任何人都无法使用您的邮箱。

mail-sign-in-subject = 您的 AgentKeys 登录链接
mail-sign-in-lead = 有人（应该是您）请求以「{ $name }」的身份登录 AgentKeys 厂商门户。
mail-sign-in-button = 登录
mail-sign-in-note = 链接仅可使用一次，10 分钟内有效，并且只能在发起请求的浏览器中打开。
mail-sign-in-ignore = 如果不是您本人操作，请忽略此邮件：链接只能在发起请求的浏览器中打开，您的账户是安全的。

mail-known-subject = 您已拥有 AgentKeys 账户
mail-known-lead = 有人尝试用此邮箱在 AgentKeys 厂商门户注册。此邮箱已属于「{ $name }」，未作任何更改。
mail-known-button = 打开门户
mail-known-note = 如需登录，请用此邮箱请求登录链接。
mail-known-ignore = 如果不是您本人操作，请忽略此邮件。

mail-token-expiry-subject = 您的 AgentKeys 厂商令牌将于 { $ends } 到期
mail-token-expiry-lead = 「{ $name }」的厂商令牌 { $token } 将于 { $ends } 到期。到期后，携带该令牌的设备和服务器将被拒绝：无法注册新设备，也无法签发新的能力令牌。
mail-token-expiry-button = 了解如何轮换
mail-token-expiry-note = 请提前轮换：新令牌立即生效，旧令牌默认保留 24 小时（最长可设为一周），供您的设备逐步切换。门户的令牌列表会显示仍在使用旧令牌的地址。
mail-token-expiry-ignore = 其他一切不变：已注册设备的身份保持不变。如果您已不再使用此令牌，可忽略此邮件或将其吊销。

mail-new-address-subject = 您的 AgentKeys 厂商令牌在新地址被使用
mail-new-address-lead = 「{ $name }」的厂商令牌 { $token } 于 { $at } 从 { $address } 被使用，此前从未在该地址使用过。调用程序自称为“{ $agent }”。
mail-new-address-button = 如果不是您本人操作
mail-new-address-note = 如果您刚刚迁移了服务器，或出货了携带该令牌的设备，这属于正常情况。每个令牌每小时最多发送一封邮件；审计日志中有全部新地址。
mail-new-address-ignore = 如果您不认识该地址，请立即轮换令牌并同时终止旧令牌（revoke_previous）。30 秒后任何人都无法再使用它。
