//! A program that never heard the answer to its order asks again, under the same key, when the order could not be placed any more.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::command::{Command, CommandError, CommandOutcome};
use model::fax::{Door, Retention};
use model::sending::{OrderKey, Wish};
use model::{FaxId, PhoneNumber, Pii, Random};
use store::effect::{Effect, NewFax};

use super::{Answer, Clinic, form, request};

/// Its type and its bytes.
type Form = (String, Vec<u8>);

impl Clinic {
    async fn under_key(&self, token: &str, path: &str, (kind, body): Form) -> Answer {
        let asked = request(Method::POST, path, None)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind)
            .header("idempotency-key", "a");
        self.ask(asked.body(Body::from(body)).expect("request")).await
    }

    /// What the appliance made of the last order is durable.
    async fn stored(&self, fetch: bool) -> FaxId {
        let key = match self.ordered().pop() {
            Some(Command::SendFax { wish, .. } | Command::FetchFax { wish, .. }) => wish.key,
            Some(Command::OfferFax { key, .. }) => key,
            other => panic!("{other:?}"),
        };
        let key: Option<OrderKey> = Some(key.expect("a key"));
        let at = self.app.clock.now().wall;
        let id = FaxId::new(at, &mut Random::from_u64(9));
        let new = NewFax {
            id,
            door: Door::Api,
            by: "102".to_owned(),
            to: PhoneNumber::E164("+12025550163".to_owned()),
            fetch,
            forwards: None,
            subject: Pii::default(),
            documents: Vec::new(),
            left_out: Pii::default(),
            receipt_to: None,
            retention: Retention::Clinical,
            wish: Wish { key, ..Wish::default() },
            at,
        };
        self.app.store.perform(Effect::AcceptFax(Box::new(new))).await.expect("accepted");
        id
    }
}

#[tokio::test]
async fn an_order_that_was_accepted_is_not_said_to_be_refused() {
    let faxes = "/api/v1/faxes";
    let order = |document: &'static [u8], more: (&'static str, &'static [u8])| {
        form(&[("to", None, b"+12025550163".as_slice()), ("document", Some("a.pdf"), document), (more.0, None, more.1)])
    };
    let letter = || order(b"%PDF-1.4", ("subject", b"Results"));
    let urlencoded = || ("application/x-www-form-urlencoded".to_owned(), b"from=%2B12025550163".to_vec());
    let laid = || form(&[("document", Some("a.pdf"), b"%PDF-1.4".as_slice()), ("open", None, b"true")]);
    let refusals = [
        CommandError::NotAllowed("Too many faxes are waiting; try again later.".to_owned()),
        CommandError::NotStored("The disk is full. Nothing was accepted.".to_owned()),
    ];
    let kinds: [(&str, &dyn Fn() -> Form); 3] =
        [(faxes, &letter), ("/api/v1/faxes/fetch", &urlencoded), ("/api/v1/faxes/offers", &laid)];
    for (path, body) in kinds {
        let clinic = Clinic::open().await;
        let token = clinic.token("102").await;
        let ask = async || clinic.under_key(&token, path, body()).await;
        clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.waiting)));
        assert_eq!(ask().await.status, StatusCode::ACCEPTED, "{path}");
        let fax = clinic.stored(path.ends_with("fetch")).await;
        for refusal in &refusals {
            clinic.answers(Err(refusal.clone()));
            let again = ask().await;
            assert_eq!(again.status, StatusCode::ACCEPTED, "{path}: {}", again.body);
            assert_eq!(again.headers["location"].to_str().expect("text"), format!("{faxes}/{fax}"));
        }
    }

    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    clinic.answers(Err(refusals[0].clone()));
    assert_eq!(clinic.under_key(&token, faxes, letter()).await.status, StatusCode::FORBIDDEN, "it never was");
    let _ = clinic.stored(false).await;
    assert_eq!(clinic.under_key(&token, faxes, letter()).await.status, StatusCode::ACCEPTED);
    let other = order(b"%PDF-1.5", ("subject", b"Results"));
    assert_eq!(clinic.under_key(&token, faxes, other).await.status, StatusCode::FORBIDDEN, "another fax");
}
