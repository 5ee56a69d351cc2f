//! The store's side of the shell: effects go in one by one, in order; their results come back as inputs.

use std::future::{Future, poll_fn};
use std::task::Poll;

use clinic::{Input, StoreTicket};
use store::Store;
use store::effect::Effect;
use tokio::sync::mpsc;

/// Effects on their way to the writer. The clinic waits when it is full: the disk is then slower than the line for seconds.
const MAX_EFFECTS: usize = 1024;

pub(crate) struct Storage {
    orders: mpsc::Sender<(StoreTicket, Effect)>,
}

impl Storage {
    #[allow(clippy::disallowed_methods, reason = "the shell's task for the store")]
    pub(crate) fn start(store: Store, inputs: mpsc::Sender<Input>) -> Self {
        let (orders, mut rx) = mpsc::channel::<(StoreTicket, Effect)>(MAX_EFFECTS);
        tokio::spawn(async move {
            while let Some((ticket, effect)) = rx.recv().await {
                let (store, inputs) = (store.clone(), inputs.clone());
                let mut pending = Box::pin(async move {
                    let result = store.perform(effect).await;
                    let _ = inputs.send(Input::Stored { ticket, result }).await;
                });
                // Polled once here, in order, it has its place in the writer's queue; the answers may come in groups.
                if poll_fn(|cx| Poll::Ready(pending.as_mut().poll(cx).is_pending())).await {
                    tokio::spawn(pending);
                }
            }
        });
        Self { orders }
    }

    pub(crate) async fn perform(&self, ticket: StoreTicket, effect: Effect) {
        let _ = self.orders.send((ticket, effect)).await;
    }
}
