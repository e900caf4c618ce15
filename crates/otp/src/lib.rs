//! One-time passwords after RFC 4226 and RFC 6238, and the QR code that carries a seed.
