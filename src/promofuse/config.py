"""config.toml and the environment, read once into frozen values; the only file that knows the whole file."""

from __future__ import annotations

import os
import re
import tomllib
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from promofuse.delivery.account import PROVIDERS, Limits, SmtpServer
from promofuse.errors import ConfigError
from promofuse.marketplaces import find_marketplace
from promofuse.misread import misread_settings, misread_toml
from promofuse.pricing.meeting import Base, Stacking
from promofuse.pricing.stacking import read_pair, stacking_of, tune_stacking
from promofuse.rules import build_rules

LONGEST_REPAIR = 160
_COMPARE = "compare with config.example.toml"
SHOP_NAME = r"^[a-z0-9][a-z0-9_-]{0,31}$"


# Codes of Amazon's cancellation template that say something else than what happened.
FALSE_REASONS = frozenset(
    {"BuyerCanceled", "NoInventory", "ShippingAddressUndeliverable", "CustomerExchange", "CustomerReturn",
     "MerchandiseNotReceived", "WeatherDelay", "CannotVerifyInformation"}
)  # fmt: skip


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StackingConfig(_Section):
    """`[shops.NAME.stacking]`: what the shop knows better than the platform's table. Pairs are `coupon + code`."""

    item: Literal["", "original", "stated", "stage", "running"] = ""
    order: Literal["", "original", "stated", "stage", "running"] = ""
    together: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    holds_floor: bool = False

    @field_validator("together", "apart")
    @classmethod
    def _pairs(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        for pair in pairs:
            read_pair(pair)
        return pairs

    @model_validator(mode="after")
    def _one_answer(self) -> StackingConfig:
        both = set(map(read_pair, self.together)) & set(map(read_pair, self.apart))
        if both:
            raise ValueError("a pair cannot be both together and apart")
        return self


class ShopConfig(_Section):
    """One `[shops.NAME]` table."""

    kind: Literal["amazon-reports", "plain-files"]
    platform: str = ""
    marketplace: str = ""
    folder: Path
    seller_name: str = ""
    signer: str = ""
    from_address: str = ""
    merchant_id: str = Field("", pattern=r"^[A-Za-z0-9]{0,32}$")
    repair: Annotated[dict[str, str], Field(default_factory=dict)]
    repair_cost: Decimal = Field(Decimal(0), ge=0)
    stacking: StackingConfig = StackingConfig()

    @property
    def stacking_table(self) -> Stacking:
        """The platform's table of what combines, as the shop corrects it."""
        own = self.stacking
        return tune_stacking(
            stacking_of(self.platform),
            item=Base(own.item) if own.item else None,
            order=Base(own.order) if own.order else None,
            together=map(read_pair, own.together),
            apart=map(read_pair, own.apart),
            holds_floor=own.holds_floor,
        )

    @field_validator("marketplace")
    @classmethod
    def _domain(cls, name: str) -> str:
        place = find_marketplace(name)
        return place.name if place else name.strip().casefold()

    @field_validator("repair")
    @classmethod
    def _one_line_each(cls, repair: dict[str, str]) -> dict[str, str]:
        if any(len(offer) > LONGEST_REPAIR or not offer.isprintable() for offer in repair.values()):
            raise ValueError(f"an offer is one line of at most {LONGEST_REPAIR} characters")
        return repair

    @model_validator(mode="after")
    def _nothing_on_amazon(self) -> ShopConfig:
        if (self.repair or self.repair_cost) and (self.kind == "amazon-reports" or self.platform in ("amazon", "")):
            raise ValueError(
                "repair, repair_cost: nothing may be offered to buyers on Amazon, or where the platform is not named"
            )
        return self


class WatchConfig(_Section):
    """`[watch]`: when an alarm is raised."""

    every: int = Field(60, ge=10, le=3600)
    closely: int = Field(30, ge=10, le=3600)
    lookback_days: int = Field(7, ge=1, le=90)
    false_alarms_per_month: Decimal = Field(Decimal(1), gt=0)
    loss_budget: Decimal = Field(Decimal(200), gt=0)
    intended: tuple[str, ...] = ()


class ResponseConfig(_Section):
    """`[response]`: what is suggested once promotion orders lose money."""

    default_plan: Literal["cancel-all", "under-limit", "least-cost", "legal-review"] = "cancel-all"
    legal_review: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = ("IN", "RU")
    cancellation_limit: Decimal = Field(Decimal("0.025"), gt=0, le=1)
    cost_of_breach: Decimal = Field(Decimal(0), ge=0)
    bulk_orders: int = Field(3, ge=2)
    bulk_units: int = Field(10, ge=2)
    message_timing: Literal["with", "after", "before"] = "with"
    cancel_reason: str = Field("PricingError", pattern=r"^[A-Za-z]{1,40}$")
    blank_item_code: bool = False
    cancel_within: int = Field(2, ge=1)
    honour_notice: bool = False
    refund_follow_up: int = Field(0, ge=0)
    max_data_age: int = Field(60, ge=1)

    @field_validator("cancel_reason")
    @classmethod
    def _true_reason(cls, reason: str) -> str:
        if reason in FALSE_REASONS:
            raise ValueError(
                f"{reason} would be a false reason for a wrong price; use PricingError or GeneralAdjustment"
            )
        return reason


class MailConfig(_Section):
    """`[mail]`: the SMTP server and the sender."""

    host: str = "127.0.0.1"
    port: int = Field(1025, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: SecretStr = SecretStr("")
    from_address: str = ""
    provider: Literal["", "ses", "microsoft365", "google-workspace"] = ""
    max_connections: int = Field(4, ge=1, le=64)
    max_per_minute: int = Field(0, ge=0)
    max_per_domain: int = Field(0, ge=0)
    max_per_day: int = Field(0, ge=0)

    @property
    def server(self) -> SmtpServer:
        """Where mail is handed in."""
        return SmtpServer(
            host=self.host,
            port=self.port,
            security=self.security,
            username=self.username,
            password=self.password.get_secret_value(),
        )

    @property
    def limits(self) -> Limits:
        """What the provider allows, and what is set here instead. No more connections than either says."""
        allowed = PROVIDERS[self.provider].limits if self.provider else Limits(connections=self.max_connections)
        return Limits(
            connections=min(self.max_connections, allowed.connections),
            per_minute=self.max_per_minute or allowed.per_minute,
            per_domain=self.max_per_domain or allowed.per_domain,
            per_day=self.max_per_day or allowed.per_day,
        )


class AlertsConfig(_Section):
    """`[alerts]`: where the seller himself is told."""

    to: tuple[str, ...] = ()


class WebConfig(_Section):
    """`[web]`: where the review page listens."""

    host: str = "127.0.0.1"
    port: int = Field(8350, ge=1, le=65535)


class Config(BaseSettings):
    """The whole configuration; paths are absolute."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="PROMOFUSE_", env_nested_delimiter="__")

    data_dir: Path = Path("var")
    outbox_dir: Path = Path("outbox")
    templates_dir: Path | None = None
    database_url: str = ""
    reader_language: Literal["en", "zh"] = "en"
    shops: Annotated[dict[str, ShopConfig], Field(default_factory=dict)]
    rules: Annotated[dict[str, dict[str, Any]], Field(default_factory=dict)]
    watch: WatchConfig = WatchConfig()
    response: ResponseConfig = ResponseConfig()
    mail: MailConfig = MailConfig()
    alerts: AlertsConfig = AlertsConfig()
    web: WebConfig = WebConfig()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then a secrets folder, then config.toml."""
        del settings_cls, dotenv_settings
        return env_settings, file_secret_settings, init_settings

    @field_validator("shops")
    @classmethod
    def _names(cls, shops: dict[str, ShopConfig]) -> dict[str, ShopConfig]:
        for name in shops:
            if not re.fullmatch(SHOP_NAME, name):
                raise ValueError(f"shop name {name!r}: use up to 32 of a-z, 0-9, - and _")
        return shops

    @classmethod
    def read(cls, path: Path) -> Config:
        """Read config.toml. Raises ConfigError naming the key that is wrong and what to do."""
        values = _load(path)
        try:
            secrets = os.environ.get("PROMOFUSE_SECRETS_DIR") or None
            config = cls(**_without_blanks(values), _secrets_dir=secrets)
            build_rules(config.rules, config.shops)
        except ValidationError as error:
            raise ConfigError(f"{path}: {misread_settings(error, cls)}", hint=_COMPARE) from None
        return config._resolved(path.resolve().parent)

    def _resolved(self, base: Path) -> Config:
        """All paths absolute, and each shop's platform and sender filled in."""
        shops = {
            name: shop.model_copy(
                update={
                    "folder": base / shop.folder,
                    "platform": shop.platform or ("amazon" if shop.kind == "amazon-reports" else ""),
                    "from_address": shop.from_address or self.mail.from_address,
                }
            )
            for name, shop in self.shops.items()
        }
        return self.model_copy(
            update={
                "data_dir": base / self.data_dir,
                "outbox_dir": base / self.outbox_dir,
                "templates_dir": base / self.templates_dir if self.templates_dir else None,
                "shops": shops,
            }
        )


class LoneConfig(Config):
    """A configuration that is its file alone: neither the environment nor a secrets folder adds to it."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The file."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def _load(path: Path) -> dict[str, Any]:
    """The tables of config.toml; raises ConfigError where there is no such file, or it is none."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"no configuration at {path}",
            hint="run `promofuse init` here, or name the file: --config PATH",
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not in UTF-8", hint="save it as UTF-8: editors offer it under Save as") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", hint="name the file: --config PATH") from None
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(misread_toml(path, text, error), hint=_COMPARE) from None


def _without_blanks(values: dict[str, Any]) -> dict[str, Any]:
    """An empty templates_dir means none, not this folder."""
    if values.get("templates_dir") == "":
        values = {key: value for key, value in values.items() if key != "templates_dir"}
    return values


def example_config() -> str:
    """The text of config.example.toml, from the package or from the checkout."""
    packaged = resources.files("promofuse") / "config.example.toml"
    path = packaged if packaged.is_file() else Path(__file__).parents[2] / "config.example.toml"
    return path.read_text("utf-8")
