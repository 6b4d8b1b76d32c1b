use proptest::prelude::*;

use super::*;
use crate::cap_policy::CapLimits;
use crate::device::Metadata;
use crate::omni::actor_omni;
use crate::profile::SignUp;

fn at() -> Timestamp {
    "2026-11-22T08:00:00.750Z".parse().unwrap()
}

fn vendor_id(last: char) -> VendorId {
    format!("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1{last}").parse().unwrap()
}

fn vendor(last: char, allowed: &[Namespace]) -> Vendor {
    let profile = SignUp::parse("ops@folotoy.example", "FoloToy", None, None).unwrap();
    Vendor { allowed_namespaces: allowed.to_vec(), ..Vendor::signed_up(vendor_id(last), profile, at()) }
}

fn binding(vendor_id: VendorId, allowed: &[Namespace]) -> Binding {
    let (device_id, user_omni) = ("FT-0001".parse().unwrap(), "11".repeat(32).parse().unwrap());
    Binding {
        binding_id: "bnd_01JZ8Q6V3M4N5P6R7S8T9V0W1X".parse().unwrap(),
        vendor_id,
        actor_omni: actor_omni(vendor_id, &device_id, user_omni, 0),
        device_id,
        user_omni,
        generation: 0,
        registered_at: at(),
        model: None,
        metadata: Metadata::default(),
        limits: CapLimits::all_of(allowed),
    }
}

fn request(binding: &Binding, namespaces: &[Namespace], seconds: Option<i64>) -> CapRequest {
    CapRequest {
        actor_omni: binding.actor_omni,
        op: Op::Fetch,
        data_class: DataClass::Memory,
        namespaces: AskedNamespaces::new(namespaces.to_vec()).unwrap(),
        life: CapSeconds::new(seconds).unwrap(),
    }
}

fn decide(allowed: &[Namespace], policy: &[Namespace], asked: &[Namespace]) -> Result<Cap, Error> {
    let (vendor, binding) = (vendor('X', allowed), binding(vendor_id('X'), policy));
    let cap_id = CapId::of(vendor.vendor_id, at(), [0; 7]);
    decide_cap(request(&binding, asked, None), &vendor, &binding, cap_id, at())
}

#[test]
fn what_goes_too_far_is_named() {
    use Namespace::{Child, Family, Profile, Work};
    let refused = decide(&[Profile, Family, Work], &[Profile, Child, Work], &[Work, Child, Family, Profile]);
    assert_eq!(refused, Err(Error::NamespaceNotAllowed(vec![Family, Child])));
    assert_eq!(decide(&[], &Namespace::ALL, &[Profile]), Err(Error::NamespaceNotAllowed(vec![Profile])));
    assert_eq!(decide(&Namespace::ALL, &[], &[Profile]), Err(Error::NamespaceNotAllowed(vec![Profile])));
}

/// What may be read may not be written for that, and neither for longer than the stricter of vendor and device says.
#[test]
fn each_kind_of_thing_has_limits_of_its_own() {
    use Namespace::{Child, Profile};
    let vendor = vendor('X', &Namespace::ALL);
    let limits = CapLimits { fetch: vec![Profile, Child], store: vec![Child], max_ttl_seconds: 45 };
    let binding = Binding { limits, ..binding(vendor.vendor_id, &[]) };
    let decide = |op, seconds| {
        let asked = CapRequest { op, ..request(&binding, &[Profile], seconds) };
        decide_cap(asked, &vendor, &binding, CapId::of(vendor.vendor_id, at(), [0; 7]), at())
    };
    assert_eq!(decide(Op::Fetch, None).unwrap().expires_at, plus_seconds(whole_second(at()), 45));
    assert_eq!(decide(Op::Store, None), Err(Error::NamespaceNotAllowed(vec![Profile])));
    assert!(matches!(decide(Op::Fetch, Some(46)), Err(Error::ValidationFailed(_))));
}

#[test]
fn another_vendors_or_another_actors_binding_is_none() {
    let (ours, theirs) = (vendor('X', &Namespace::ALL), binding(vendor_id('Y'), &Namespace::ALL));
    let cap_id = CapId::of(ours.vendor_id, at(), [0; 7]);
    let asked = request(&theirs, &[Namespace::Profile], None);
    assert_eq!(decide_cap(asked.clone(), &ours, &theirs, cap_id, at()), Err(Error::NotFound));
    let own = binding(ours.vendor_id, &Namespace::ALL);
    assert_eq!(decide_cap(asked, &ours, &own, cap_id, at()), Err(Error::NotFound));
}

#[test]
fn a_cap_lives_from_a_whole_second_on_and_never_beyond_its_revocation() {
    let cap = decide(&Namespace::ALL, &Namespace::ALL, &[Namespace::Temp]).unwrap();
    assert_eq!(cap.issued_at, "2026-11-22T08:00:00Z".parse().unwrap());
    assert_eq!(cap.expires_at, "2026-11-22T08:01:00Z".parse().unwrap());
    for (asked, longest, lives) in [
        (Some(1), 300, Some(1)),
        (Some(300), 300, Some(300)),
        (None, 300, Some(60)),
        (None, 30, Some(30)),
        (Some(30), 30, Some(30)),
        (Some(31), 30, None),
    ] {
        assert_eq!(CapSeconds::new(asked).unwrap().within(longest), lives, "{asked:?} of {longest}");
    }
    for wrong in [i64::MIN, -1, 0, 301, i64::MAX] {
        assert!(CapSeconds::new(Some(wrong)).is_err(), "{wrong}");
    }
    let longest = plus_seconds(cap.issued_at, MAX_CAP_SECONDS.into());
    let told = decide_revocation(cap.cap_id, cap.vendor_id, at()).unwrap().unwrap();
    assert!(told >= plus_seconds(longest, LEEWAY_SECONDS));
}

#[test]
fn namespaces_come_in_any_order_and_each_once() {
    use Namespace::{Child, Profile};
    let asked = AskedNamespaces::new(vec![Child, Profile]).unwrap();
    assert_eq!(asked.into_vec(), [Profile, Child]);
    assert!(AskedNamespaces::new(Vec::new()).is_err());
    assert!(AskedNamespaces::new(vec![Child, Profile, Child]).is_err());
}

#[test]
fn a_revocation_is_for_ones_own_caps_while_they_may_live() {
    let (ours, theirs) = (vendor_id('X'), vendor_id('Y'));
    let cap_id = CapId::of(ours, at(), [1, 2, 3, 4, 5, 6, 7]);
    let decide = |now: i64| decide_revocation(cap_id, ours, plus_seconds(at(), now));
    assert_eq!(decide(0), Ok(Some(plus_seconds(at(), 360))));
    assert_eq!(decide(359), Ok(Some(plus_seconds(at(), 360))));
    assert_eq!(decide(360), Ok(None));
    // Another instance's clock may be a little ahead.
    assert_eq!(decide(-60), Ok(Some(plus_seconds(at(), 360))));
    assert_eq!(decide(-61), Err(Error::NotFound));
    assert_eq!(decide_revocation(cap_id, theirs, at()), Err(Error::NotFound));
}

/// Ids are out in the world: the tag never changes.
#[test]
fn an_id_by_hand() {
    let id = CapId::of(vendor_id('X'), "2026-11-22T00:00:00Z".parse().unwrap(), [0xab; 7]);
    assert_eq!(id.to_string(), "cap_01M808TX00NENTQAXBNENSWZY0");
}

#[test]
fn an_id_is_its_own_vendors_and_one_digit_off_is_no_id() {
    let (ours, theirs) = (vendor_id('X'), vendor_id('Y'));
    for seed in 0..=255 {
        let id = CapId::of(ours, at(), [seed; 7]);
        assert!(id.is_of(ours) && !id.is_of(theirs), "{id}");
        assert_eq!(id.made_at(), at());
        for place in 4..30 {
            let mut typo = id.to_string().into_bytes();
            typo[place] = if typo[place] == b'0' { b'1' } else { b'0' };
            let typo: CapId = String::from_utf8(typo).unwrap().parse().unwrap();
            assert!(!typo.is_of(ours), "{typo} for {id}");
        }
    }
}

fn some_namespaces() -> impl Strategy<Value = Vec<Namespace>> {
    proptest::sample::subsequence(Namespace::ALL.to_vec(), 0..=Namespace::ALL.len())
}

proptest! {
    #[test]
    fn a_cap_is_within_both_and_is_what_was_asked_for(
        allowed in some_namespaces(), policy in some_namespaces(), asked in some_namespaces()
    ) {
        prop_assume!(!asked.is_empty());
        let beyond = |one: &Namespace| !allowed.contains(one) || !policy.contains(one);
        let too_far: Vec<Namespace> = asked.iter().copied().filter(beyond).collect();
        match decide(&allowed, &policy, &asked) {
            Ok(cap) => {
                prop_assert!(too_far.is_empty());
                prop_assert_eq!(cap.namespaces, asked);
                prop_assert!(cap.expires_at > cap.issued_at);
            }
            Err(Error::NamespaceNotAllowed(named)) => {
                prop_assert!(!named.is_empty());
                prop_assert_eq!(named, too_far);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
