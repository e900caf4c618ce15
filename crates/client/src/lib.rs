//! Where a call goes: the service in this process, or the process that holds the data directory.
