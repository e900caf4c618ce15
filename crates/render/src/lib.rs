//! Documents as the AWS CLI prints them.
