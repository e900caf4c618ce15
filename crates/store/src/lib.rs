//! What is persisted: accounts, users, devices and keys, sealed.
