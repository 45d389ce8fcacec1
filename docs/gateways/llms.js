// The package is a server without a command; this is all that is written around it.
const { default: Server } = require("@musistudio/llms");

const upstream = {
  name: "upstream",
  api_base_url: "http://127.0.0.1:4033/v1/chat/completions",
  api_key: "gateway-own-key-0001",
  models: ["upstream-model"],
};
new Server({ initialConfig: { HOST: "127.0.0.1", PORT: "4023", providers: [upstream] } }).start();
