//! Follows a provider's event: asks the provider how the object stands now, and moves the vendor forward, never back.

use domain::Error;
use domain::audit::{By, Principal};
use domain::clock::whole_second;
use domain::ids::VendorId;
use domain::rail::{Rail, StripeObjects};

use crate::platform::app::App;
use crate::platform::store::VendorStore;
use crate::platform::store::provider_event::ProviderEvent;

/// How often a change is tried against a handler's at the same moment.
const ATTEMPTS: u32 = 3;

/// Works an event off. What does not concern us is left alone.
pub(super) async fn follow(app: &App, event: ProviderEvent) -> Result<(), Error> {
    let object = event.object_id.as_deref();
    let by = By { at: app.now(), who: Principal::Provider("stripe"), req: event.event_id.clone(), ip: None, ua: None };
    let followed = match (event.rail, event.kind.as_str(), object) {
        (Rail::Stripe, "checkout.session.completed", Some(session)) => card_saved(app, session, &by).await,
        (Rail::Stripe, "account.updated", Some(account)) => account_updated(app, account, &by).await,
        (Rail::Stripe | Rail::Alipay, _, _) => Ok(()),
    };
    match followed {
        // An object that Stripe does not know, or does not let us touch: it would not do so the next time either, and
        // nothing else may wait behind it.
        Err(error @ Error::ProviderRefused { .. }) => {
            tracing::error!(%error, event = event.event_id, "an event that can't be followed");
            Ok(())
        }
        other => other,
    }
}

/// The vendor's objects, if the vendor is ours and they are as `theirs` expects.
async fn objects_of(
    app: &App,
    vendor_id: Option<VendorId>,
    theirs: impl Fn(&StripeObjects) -> bool,
) -> Result<Option<(VendorStore, StripeObjects)>, Error> {
    let Some(vendor_id) = vendor_id else { return Ok(None) };
    let store = app.store_of_all_vendors()?.of(vendor_id);
    let objects = store.stripe_objects().await?.filter(|objects| theirs(objects));
    Ok(objects.map(|objects| (store, objects)))
}

/// A card was saved on the hosted page: it becomes the default, and the vendor is connected.
async fn card_saved(app: &App, session: &str, by: &By) -> Result<(), Error> {
    let stripe = app.stripe()?;
    let visit = stripe.checkout_session(session).await?;
    let same_customer = |objects: &StripeObjects| objects.customer.is_some() && objects.customer == visit.customer;
    let Some((store, _)) = objects_of(app, visit.vendor_id, same_customer).await? else {
        tracing::warn!(session, "a visit that belongs to no vendor of ours");
        return Ok(());
    };
    let (Some(setup), Some(customer)) = (visit.setup_intent, visit.customer) else {
        return Ok(());
    };
    let Some(method) = stripe.saved_method(&setup).await? else {
        return Ok(());
    };
    stripe.set_default_method(store.vendor_id(), &customer, &method).await?;
    let with_method = |objects| StripeObjects { payment_method: Some(method.clone()), ..objects };
    change(&store, by, with_method).await?;
    let connect = |vendor: domain::vendor::Vendor| vendor.payment_connected(Rail::Stripe, whole_second(by.at));
    match store.change_vendor(by, connect).await {
        Ok(_) | Err(Error::VendorSuspended) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The account that is paid has changed: whether payouts flow is asked of Stripe, not told by the event.
async fn account_updated(app: &App, account: &str, by: &By) -> Result<(), Error> {
    let state = app.stripe()?.account(account).await?;
    let same_account = |objects: &StripeObjects| objects.account.as_deref() == Some(account);
    match objects_of(app, state.vendor_id, same_account).await? {
        Some((store, _)) => change(&store, by, |objects| StripeObjects { payouts: state.payouts, ..objects }).await,
        None => {
            tracing::warn!(account, "an account that belongs to no vendor of ours");
            Ok(())
        }
    }
}

async fn change(store: &VendorStore, by: &By, change: impl Fn(StripeObjects) -> StripeObjects) -> Result<(), Error> {
    for _ in 0..ATTEMPTS {
        let before = store.stripe_objects().await?.ok_or(Error::NotFound)?;
        let after = change(before.clone());
        if after == before {
            return Ok(());
        }
        match store.put_stripe_objects(after, by).await {
            Err(Error::Conflict(_)) => {}
            other => return other.map(drop),
        }
    }
    Err(Error::Unavailable("the payment connection keeps changing; the event comes again".into()))
}
