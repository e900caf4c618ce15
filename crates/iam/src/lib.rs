//! The actions, who may call them, and the service that runs them.
