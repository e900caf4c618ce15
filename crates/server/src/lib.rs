//! The HTTP door: listener, TLS, limits, health and metrics.
