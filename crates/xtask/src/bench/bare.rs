//! The limit for reads: an axum server that reads a body and sends a fixed response, with vmfa's
//! headers.

use std::{fs, net::SocketAddr, path::PathBuf};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderName, header::CONTENT_TYPE},
    routing::post,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Respond with the bytes of this file
    #[arg(long)]
    body: PathBuf,
    /// Listen on this address
    #[arg(long)]
    listen: SocketAddr,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let body = Bytes::from(fs::read(&arguments.body)?);
    let answer = move |_whole: Bytes| {
        let body = body.clone();
        async move { ([(CONTENT_TYPE, "text/xml"), (REQUEST_ID, ID)], body) }
    };
    let routes = Router::new().route("/", post(answer));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
        crate::report::line(format_args!("listening on http://{}", listener.local_addr()?));
        use_no_delay(listener, routes).await
    })
}

/// Sets `TCP_NODELAY`, as vmfa does.
async fn use_no_delay(listener: tokio::net::TcpListener, routes: Router) -> anyhow::Result<()> {
    use axum::serve::ListenerExt as _;
    let listener = listener.tap_io(|stream| {
        // A closed connection reports its own error later.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, routes).await?)
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ID: &str = "00000000-0000-0000-0000-000000000000";
