//! One store for several processes: the one that has it open serves the others through a socket.
//!
//! The process that gets the store's lock is its *holder*. It listens on a socket in a folder that only its user may enter,
//! and says in the store's `holder` file where that is. Every other process is a *client* and sends it the calls of
//! [`Store`](crate::store::Store), which are made for that; large blobs do not go through the socket, but are read and
//! moved where they lie. When the holder ends, or is killed, one of the clients takes the lock and becomes the holder,
//! the others go on with that one. Nothing that a client has put is lost: it keeps what is not known to be durable, and puts
//! it again.
//!
//! Whoever removes what others may need has to be [alone](crate::store::Store::alone).

mod client;
mod contest;
mod serve;
mod store;
mod wire;

pub use store::SharedStore;
