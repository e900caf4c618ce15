//! JMESPath as the AWS CLI has it.
