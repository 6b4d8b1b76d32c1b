//! The demo checks the portal by itself; here it has to find everything in order.

use crate::harness::Portal;

/// The second run finds the first one's vendor and device there, and is not disturbed.
#[tokio::test]
async fn the_demo_holds_twice() {
    let portal = Portal::start().await;
    for round in ["first", "second"] {
        let done = local::demo::run(portal.client().clone(), &portal.url("")).await;
        assert!(done.is_ok(), "{round}: {:?}", done.err());
    }
}
