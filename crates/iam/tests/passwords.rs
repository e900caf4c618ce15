//! What is asked of passwords, which no user has here.

mod support;

use support::World;

#[test]
fn no_user_has_a_login_profile() {
    let world = World::new();
    world.call("CreateUser", &[("UserName", "alice")]).unwrap();
    for action in ["GetLoginProfile", "DeleteLoginProfile"] {
        assert_eq!(
            world.call(action, &[("UserName", "ALICE")]).unwrap_err(),
            "NoSuchEntity: Login Profile for User alice cannot be found."
        );
        assert_eq!(
            world.call(action, &[("UserName", "bob")]).unwrap_err(),
            "NoSuchEntity: The user with name bob cannot be found."
        );
        assert_eq!(
            world.call(action, &[]).unwrap_err(),
            "ValidationError: Must specify userName when calling with non-User credentials"
        );
    }
}

#[test]
fn the_account_has_no_password_policy() {
    assert_eq!(
        World::new().call("GetAccountPasswordPolicy", &[]).unwrap_err(),
        "NoSuchEntity: The Password Policy with domain name 123456789012 cannot be found."
    );
}
