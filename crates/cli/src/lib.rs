//! The command line door: aws-compatible commands from the action table.
