/** JSON-RPC over a WebSocket, for vscode-jsonrpc. */

import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
} from "vscode-jsonrpc/browser";

const PROTOCOL = "seqspec";

class SocketReader extends AbstractMessageReader implements MessageReader {
  constructor(private readonly socket: WebSocket) {
    super();
    socket.addEventListener("close", () => this.fireClose());
  }

  listen(callback: DataCallback): Disposable {
    const listener = (event: MessageEvent) => callback(JSON.parse(event.data as string) as Message);
    this.socket.addEventListener("message", listener);
    return { dispose: () => this.socket.removeEventListener("message", listener) };
  }
}

class SocketWriter extends AbstractMessageWriter implements MessageWriter {
  constructor(private readonly socket: WebSocket) {
    super();
  }

  async write(message: Message): Promise<void> {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  end(): void {}
}

/** Connects to the server of this page; fails where the token is not its own. */
export function connect(token: string, closed: () => void): Promise<MessageConnection> {
  const socket = new WebSocket(`ws://${location.host}/lsp`, [PROTOCOL, token]);
  return new Promise((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error("refused")), { once: true });
    socket.addEventListener("open", () => {
      socket.addEventListener("close", closed);
      resolve(createMessageConnection(new SocketReader(socket), new SocketWriter(socket)));
    });
  });
}
