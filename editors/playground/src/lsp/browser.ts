/** JSON-RPC with a language server in a worker of this page, for vscode-jsonrpc. */

import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
} from "vscode-jsonrpc/browser";
import ServerWorker from "./worker?worker";

class WorkerReader extends AbstractMessageReader {
  constructor(
    private readonly worker: Worker,
    private readonly failed: (why: string) => void,
  ) {
    super();
  }

  listen(callback: DataCallback): Disposable {
    const listener = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as Message & { fault?: string };
      if (message.fault !== undefined) this.failed(message.fault);
      else callback(message);
    };
    this.worker.addEventListener("message", listener);
    return { dispose: () => this.worker.removeEventListener("message", listener) };
  }
}

class WorkerWriter extends AbstractMessageWriter {
  constructor(private readonly worker: Worker) {
    super();
  }

  async write(message: Message): Promise<void> {
    this.worker.postMessage(JSON.stringify(message));
  }

  end(): void {}
}

/** Starts the server; `failed` is called where it does not start. */
export function connectWorker(failed: (why: string) => void): MessageConnection {
  const worker = new ServerWorker();
  worker.addEventListener("error", (event) => failed(event.message));
  return createMessageConnection(new WorkerReader(worker, failed), new WorkerWriter(worker));
}
