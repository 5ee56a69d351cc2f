//! The lifeline capsule and the settings: what phones need is written from the one, and read back as a clinic without people,
//! mail or fax, whose phones ring and whose emergency calls go out.

use std::net::SocketAddr;

use model::settings::{Advertise, Network, Person, Server, Trunk, TrunkTransport};
use model::{Pii, Settings};
use store::TrunkSecret;
use store::lifeline::{Capsule, CapsuleSecret, CapsuleTrunk, CapsuleUser};

/// The capsule of these settings.
pub(crate) fn capsule(settings: &Settings, users: &[sip::User], secrets: &[TrunkSecret]) -> Capsule {
    Capsule {
        domain: settings.domain.clone(),
        timezone: settings.timezone.clone(),
        numbering: settings.numbering.clone(),
        main_number: settings.main_number.clone(),
        networks: settings.networks.iter().map(ToString::to_string).collect(),
        advertise: settings.advertise.iter().map(|a| (a.network.to_string(), a.address)).collect(),
        phones: settings.phones,
        users: settings.people.iter().map(|p| capsule_user(p, users)).collect(),
        trunks: settings.trunks.iter().map(|t| capsule_trunk(t, secrets)).collect(),
        plan: settings.plan.clone(),
    }
}

fn capsule_trunk(trunk: &Trunk, secrets: &[TrunkSecret]) -> CapsuleTrunk {
    let secret = secrets.iter().find(|s| s.trunk == trunk.name);
    CapsuleTrunk {
        name: trunk.name.clone(),
        server: trunk.server.to_string(),
        also_from: trunk.also_from.iter().map(ToString::to_string).collect(),
        transport: trunk.transport.map(|t| t.to_string()),
        authority: trunk.authority.clone(),
        channels: trunk.channels,
        terms: trunk.terms.clone(),
        secret: secret.map(|s| CapsuleSecret { user: s.user.clone(), password: s.password.clone() }),
    }
}

/// The trunks' secrets in it.
pub(crate) fn trunk_secrets(capsule: &Capsule) -> Vec<sip::TrunkSecret> {
    let secret = |t: &CapsuleTrunk| {
        let secret = t.secret.as_ref()?;
        Some(sip::TrunkSecret { trunk: t.name.clone(), user: secret.user.clone(), password: secret.password.clone() })
    };
    capsule.trunks.iter().filter_map(secret).collect()
}

/// Every extension is in it, since the plan may name it; one without a phone has no digests.
fn capsule_user(person: &Person, users: &[sip::User]) -> CapsuleUser {
    let known = users.iter().find(|u| u.user == person.user);
    CapsuleUser {
        user: person.user.clone(),
        ha1_md5: known.map(|u| u.ha1_md5.clone()).unwrap_or_default(),
        ha1_sha256: known.map(|u| u.ha1_sha256.clone()).unwrap_or_default(),
        ha1_sha512_256: known.map(|u| u.ha1_sha512_256.clone()).unwrap_or_default(),
        media: person.media,
    }
}

/// The phones' secrets in it.
pub(crate) fn users(capsule: &Capsule) -> Vec<sip::User> {
    let user = |u: &CapsuleUser| sip::User {
        user: u.user.clone(),
        ha1_md5: u.ha1_md5.clone(),
        ha1_sha256: u.ha1_sha256.clone(),
        ha1_sha512_256: u.ha1_sha512_256.clone(),
    };
    capsule.users.iter().filter(|u| !u.ha1_md5.is_empty()).map(user).collect()
}

/// The clinic as far as the capsule knows it. Nobody has rights, and there is no mail.
pub(crate) fn settings(capsule: &Capsule) -> Settings {
    let person = |u: &CapsuleUser| Person {
        user: u.user.clone(),
        extension: u.user.clone(),
        name: Pii::default(),
        mail: None,
        rights: Vec::new(),
        location: String::new(),
        media: u.media,
        fax: None,
    };
    Settings {
        clinic_name: String::new(),
        address: String::new(),
        timezone: capsule.timezone.clone(),
        language: model::Language::default(),
        numbering: capsule.numbering.clone(),
        main_number: capsule.main_number.clone(),
        fax_number: model::PhoneNumber::E164(String::new()),
        station_id: String::new(),
        networks: capsule.networks.iter().filter_map(|n| Network::parse(n)).collect(),
        // Whoever is locked has other worries than the router.
        mirrors: Vec::new(),
        advertise: capsule
            .advertise
            .iter()
            .filter_map(|(network, address)| Some(Advertise { network: Network::parse(network)?, address: *address }))
            .collect(),
        // No more than of people: where they are is not kept in the clear.
        places: Vec::new(),
        people: capsule.users.iter().map(person).collect(),
        trunks: capsule.trunks.iter().filter_map(trunk).collect(),
        modems: Vec::new(),
        virtual_modems: Vec::new(),
        phones: capsule.phones,
        sign_in: model::settings::SignIn::default(),
        domain: capsule.domain.clone(),
        fax_domain: String::new(),
        smarthost: SocketAddr::from(([0, 0, 0, 0], 0)),
        fax_to_mail: Vec::new(),
        faxing: model::settings::Faxing::default(),
        max_message: 0,
        plan: capsule.plan.clone(),
    }
}

fn trunk(of: &CapsuleTrunk) -> Option<Trunk> {
    Some(Trunk {
        name: of.name.clone(),
        server: Server::parse(&of.server)?,
        also_from: of.also_from.iter().filter_map(|network| Network::parse(network)).collect(),
        transport: of.transport.as_deref().and_then(TrunkTransport::named),
        authority: of.authority.clone(),
        channels: of.channels,
        terms: of.terms.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_phone_side_starts_with_is_the_same_from_the_capsule() {
        let text = crate::demo::sample_settings();
        let text = text.replace("channels = 10\n", "channels = 10\nalso_from = [\"198.51.100.0/24\"]\n");
        let advertise = "[[advertise]]\nnetwork = \"0.0.0.0/0\"\naddress = \"203.0.113.5\"\n";
        let phones = "[phones]\nstrong_digest = true\nqualify_seconds = 0\ntrunk_messages = true\n";
        let all = Settings::parse(&format!("{text}\n{advertise}{phones}")).expect("good settings");
        let back = settings(&capsule(&all, &[], &[]));
        assert!(!all.trunks[0].also_from.is_empty());
        assert_eq!((back.phones, back.networks, back.advertise), (all.phones, all.networks, all.advertise));
        assert_eq!((back.trunks, back.domain, back.plan), (all.trunks, all.domain, all.plan));
        assert_eq!((back.numbering, back.main_number, back.timezone), (all.numbering, all.main_number, all.timezone));
    }
}
