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
