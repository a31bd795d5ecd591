/** berth.json. */
import type { Result } from "neverthrow";
import { type ConfigError, defaultConfigFile } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { type Finding, fail, fine } from "./finding.ts";

const check = "config";

export const checkConfig = (loaded: Result<Config, ConfigError>): readonly Finding[] =>
  loaded.match(
    ({ file, networks }) => {
      const names = [...networks.keys()].join(", ");
      return [
        file === null
          ? fine(check, `there is no ${defaultConfigFile}: DHCP on the bridge br0`)
          : fine(check, `${file} is valid; networks: ${names}`),
      ];
    },
    ({ message }) => [
      fail(
        check,
        message,
        "no container can be started with berth; networks were not looked at",
        "mend that place of the file",
      ),
    ],
  );
