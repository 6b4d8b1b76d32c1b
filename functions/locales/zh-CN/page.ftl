page-product = AgentKeys 厂商门户
page-docs = API 浏览器
page-terms = 条款

page-verify-title = 确认您的邮箱地址
page-verify-lead = 点击一下，即可确认此邮箱。
page-verify-button = 确认并登录
page-verify-done-title = 邮箱已确认
page-verify-done-lead = 您已在此浏览器中登录。距离第一台设备还有这些步骤：

page-sign-in-title = 登录
page-sign-in-lead = 点击一下即可登录。
page-sign-in-button = 登录
page-sign-in-done-title = 您已登录
page-sign-in-done-lead = 距离第一台设备还有这些步骤：

page-refused-title = 此链接无法使用
page-refused-lead = 链接不存在、已过期、已使用，或不是在发起请求的浏览器中打开。请重新获取链接，只需一分钟。
page-failed-title = 出了点问题
page-failed-lead = 操作未能完成。您的链接仍然有效，请稍后再试。

page-step-verify-email = 确认邮箱地址
page-step-accept-terms = 接受条款
page-step-connect-payment = 绑定付款方式
page-step-issue-token = 获取厂商令牌
page-step-register-device = 注册第一台设备
page-status-done = 已完成
page-status-todo = 下一步
page-status-blocked = 稍后
