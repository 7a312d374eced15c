import type { BoundEndpoint } from '../bound-endpoint.ts';
import { bindEndpoints } from '../bound-endpoint.ts';
import type { AccountEndpointDeps } from './account-endpoint.ts';
import { adminDeactivate } from './admin/admin-deactivate.ts';
import type { AdminEndpointDeps } from './admin/admin-endpoint.ts';
import { adminGetUser } from './admin/admin-get-user.ts';
import { adminListUsers } from './admin/admin-list-users.ts';
import { adminLoginAsUser } from './admin/admin-login-as-user.ts';
import { adminPutUser } from './admin/admin-put-user.ts';
import { adminRegister } from './admin/admin-register.ts';
import { adminRegisterNonce } from './admin/admin-register-nonce.ts';
import {
  adminCreateRegistrationToken,
  adminDeleteRegistrationToken,
  adminGetRegistrationToken,
  adminListRegistrationTokens,
  adminUpdateRegistrationToken,
} from './admin/admin-registration-tokens.ts';
import { adminResetPassword } from './admin/admin-reset-password.ts';
import { adminServerVersion } from './admin/admin-server-version.ts';
import { adminSuspendUser } from './admin/admin-suspend-user.ts';
import { adminIsUserAdmin, adminSetUserAdmin } from './admin/admin-user-admin.ts';
import { adminDeleteDevice, adminDeleteDevices, adminGetDevice, adminListDevices, adminUpdateDevice } from './admin/admin-user-devices.ts';
import { adminUsernameAvailable } from './admin/admin-username-available.ts';
import { authFallbackPage, submitAuthFallback } from './client/auth-fallback.ts';
import { type CapabilitiesDeps, capabilities } from './client/capabilities.ts';
import { changePassword } from './client/change-password.ts';
import { deactivateAccount } from './client/deactivate-account.ts';
import { deleteDevice } from './client/delete-device.ts';
import { deleteDevices } from './client/delete-devices.ts';
import { deleteThreepid } from './client/delete-threepid.ts';
import { getDevice } from './client/get-device.ts';
import { getDevices } from './client/get-devices.ts';
import { getLoginToken } from './client/get-login-token.ts';
import { getThreepids } from './client/get-threepids.ts';
import { getUserLock } from './client/get-user-lock.ts';
import { getUserSuspend } from './client/get-user-suspend.ts';
import { login } from './client/login.ts';
import { loginFlows } from './client/login-flows.ts';
import { logout } from './client/logout.ts';
import { logoutAll } from './client/logout-all.ts';
import { openidRequestToken } from './client/openid-request-token.ts';
import { refresh } from './client/refresh.ts';
import { register } from './client/register.ts';
import { registerAvailable } from './client/register-available.ts';
import { registrationTokenValidity } from './client/registration-token-validity.ts';
import { setUserLock } from './client/set-user-lock.ts';
import { setUserSuspend } from './client/set-user-suspend.ts';
import { updateDevice } from './client/update-device.ts';
import { type VersionsDeps, versions } from './client/versions.ts';
import { wellKnownClient } from './client/well-known-client.ts';
import { type SupportDeps, wellKnownSupport } from './client/well-known-support.ts';
import { whoami } from './client/whoami.ts';
import { whois } from './client/whois.ts';
import { openidUserinfo } from './federation/openid-userinfo.ts';
import { type HealthDeps, health } from './pages/health.ts';
import { landingPage } from './pages/landing-page.ts';
import { type MetricsPageDeps, metricsPage } from './pages/metrics-page.ts';

/** Accounts, sign-in and devices; also the landing page and what the server says about itself. */
const ACCOUNT_ENDPOINTS = [
  wellKnownClient,
  loginFlows,
  login,
  getLoginToken,
  logout,
  logoutAll,
  refresh,
  register,
  registerAvailable,
  registrationTokenValidity,
  authFallbackPage,
  submitAuthFallback,
  whoami,
  changePassword,
  deactivateAccount,
  getThreepids,
  deleteThreepid,
  getDevices,
  getDevice,
  updateDevice,
  deleteDevice,
  deleteDevices,
  openidRequestToken,
  openidUserinfo,
  whois,
  getUserLock,
  setUserLock,
  getUserSuspend,
  setUserSuspend,
];

/** `/_synapse/admin` as far as accounts go. */
const ADMIN_ENDPOINTS = [
  adminRegisterNonce,
  adminRegister,
  adminListUsers,
  adminGetUser,
  adminPutUser,
  adminResetPassword,
  adminDeactivate,
  adminServerVersion,
  adminIsUserAdmin,
  adminSetUserAdmin,
  adminLoginAsUser,
  adminListDevices,
  adminGetDevice,
  adminUpdateDevice,
  adminDeleteDevice,
  adminDeleteDevices,
  adminUsernameAvailable,
  adminSuspendUser,
  adminListRegistrationTokens,
  adminCreateRegistrationToken,
  adminGetRegistrationToken,
  adminUpdateRegistrationToken,
  adminDeleteRegistrationToken,
];

export type CoreEndpointDeps = AccountEndpointDeps &
  AdminEndpointDeps &
  VersionsDeps &
  CapabilitiesDeps &
  SupportDeps &
  HealthDeps &
  MetricsPageDeps;

/** The endpoints that every server has, with their deps. */
export function coreEndpoints(deps: CoreEndpointDeps): BoundEndpoint[] {
  const source = 'core';
  return [
    ...bindEndpoints(source, ACCOUNT_ENDPOINTS, deps),
    ...bindEndpoints(source, ADMIN_ENDPOINTS, deps),
    ...bindEndpoints(source, [landingPage], deps),
    ...bindEndpoints(source, [versions], deps),
    ...bindEndpoints(source, [capabilities], deps),
    ...bindEndpoints(source, [wellKnownSupport], deps),
    ...bindEndpoints(source, [health], deps),
    ...bindEndpoints(source, [metricsPage], deps),
  ];
}
