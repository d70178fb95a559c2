// Serves SQS on 127.0.0.1 at the port given, and says "ready" once it listens.
// The emulator's own command line would listen on every address of the machine.
import { buildApp } from "fauxqs";

const app = buildApp({ logger: false });
await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
console.log("ready");
